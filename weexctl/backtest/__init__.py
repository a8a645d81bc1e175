"""What a run over the past is worth: its figures, their uncertainty, and the controls they have to beat."""
