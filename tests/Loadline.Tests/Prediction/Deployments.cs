using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;

namespace Loadline.Tests.Prediction;

/// <summary>Deployments of catalogued models on catalogued hardware.</summary>
internal static class Deployments
{
    public static readonly CatalogReader Catalog = new();

    private static readonly ModelSource Models = new(Catalog);

    public static Model Model(string name) => Models.Read(name);

    public static Architecture Architecture(string name) => Models.Read(name).Architecture;

    public static Deployment Of(
        string model,
        string accelerator = "h100-sxm",
        string engine = "vllm",
        string? weights = null,
        int devices = 1,
        string? cache = null,
        Parallelism? parallelism = null
    ) =>
        new DeploymentBuilder(Catalog)
            .Build(
                new DeploymentRequest
                {
                    Model = Model(model),
                    Accelerator = Catalog.Accelerators.Find(accelerator),
                    Engine = engine,
                    Weights = weights,
                    KvCache = cache,
                    Devices = devices,
                    Parallelism = parallelism,
                }
            )
            .Deployment;

    public static FitQuestion Question(string model, string hardware, string? engine = null, string? weights = null) =>
        new()
        {
            Model = Model(model),
            Hardware = HardwareSpec.Parse(hardware, Catalog),
            Engine = engine,
            Weights = weights,
        };
}
