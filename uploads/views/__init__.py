"""Pages: each finds with access, binds the form, calls the workflow, renders or redirects."""
