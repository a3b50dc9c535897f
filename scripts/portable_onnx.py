"""ONNX files without what tells of the machine that wrote them: stack traces, names of files."""
import onnx


def strip(path):
    model = onnx.load(path)
    model.doc_string = ""
    del model.metadata_props[:]
    for owner in [model.graph, *model.functions]:
        clean(owner)
    onnx.save(model, path)


def clean(owner):
    """A graph or function, and the graphs inside its nodes."""
    parts = [owner, *owner.node]
    if isinstance(owner, onnx.GraphProto):
        parts += [*owner.value_info, *owner.input, *owner.output, *owner.initializer]
    for part in parts:
        part.doc_string = ""
        del part.metadata_props[:]
    for node in owner.node:
        for attribute in node.attribute:
            for graph in [*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])]:
                clean(graph)
