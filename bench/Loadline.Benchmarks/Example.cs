using Loadline.Catalog;
using Loadline.Prediction;

namespace Loadline.Benchmarks;

/// <summary>The deployment that single answers are timed with.</summary>
internal static class Example
{
    public static Deployment Llama8BOnH100()
    {
        var catalog = new CatalogReader();
        return new DeploymentBuilder(catalog)
            .Build(
                new DeploymentRequest
                {
                    Model = new ModelSource(catalog).Read("meta-llama/Llama-3.1-8B-Instruct"),
                    Accelerator = catalog.Accelerators.Find("nvidia-h100-sxm-80gb"),
                }
            )
            .Deployment;
    }
}
