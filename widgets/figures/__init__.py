"""Pure functions: records or arrays -> plotly figures and one sentence. Plotly only, no widgets."""
