"""What `make lab` sets in Jupyter, by JUPYTER_CONFIG_PATH. What you have set yourself, elsewhere, still counts."""

from ipykernel.ipkernel import IPythonKernel
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

c = get_config()  # noqa: F821 (Jupyter defines it where it reads this file)


class KitContents(AsyncLargeFileManager):
    """Notebooks that are not changed by being opened, nor more than need be by being saved.

    JupyterLab writes the kernel's name and its version of Python into a notebook that it opens, and then counts it as
    changed. So a notebook for the kernel `python3` is handed to it with them, and is saved without: the file says only
    `python`, whoever opens it. The state of widgets, which a front end may be told to save, is megabytes, and shows
    nothing without a kernel: the pictures beside the labs do. So it is not saved either.
    """

    async def get(self, path, content=True, type=None, format=None, **more):
        model = await super().get(path, content, type, format, **more)
        if content and model["type"] == "notebook" and _is_plain(model["content"]["metadata"]):
            model["content"]["metadata"].update(_of_the_kernel())
        return model

    async def save(self, model, path=""):
        metadata = model.get("content", {}).get("metadata", {}) if model.get("type") == "notebook" else {}
        metadata.pop("widgets", None)
        if {key: metadata.get(key) for key in _of_the_kernel()} == _of_the_kernel():
            metadata.update(_plain())
        return await super().save(model, path)


def _of_the_kernel():
    spec = KernelSpecManager().get_kernel_spec("python3")
    kernelspec = {"display_name": spec.display_name, "language": spec.language, "name": "python3"}
    return {"kernelspec": kernelspec, "language_info": IPythonKernel.language_info}


def _plain():
    kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"kernelspec": kernelspec, "language_info": {"name": "python"}}


def _is_plain(metadata):
    return {key: metadata.get(key) for key in _plain()} == _plain()


c.ServerApp.contents_manager_class = KitContents
c.ExecutePreprocessor.store_widget_state = False  # of nbconvert, for the same reason as in KitContents
