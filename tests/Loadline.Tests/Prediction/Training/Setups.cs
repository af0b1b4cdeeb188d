using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;

namespace Loadline.Tests.Prediction.Training;

internal static class Setups
{
    public const string Llama3B = "meta-llama/Llama-3.2-3B-Instruct";
    public const string Llama8B = "meta-llama/Llama-3.1-8B-Instruct";

    public static readonly CatalogReader Catalog = new();

    public static readonly TrainingConstants Constants = Catalog.Training.All[0];

    public static Architecture Architecture(string model) => new ModelSource(Catalog).Read(model).Architecture;

    public static TrainingSetup Of(
        string model,
        TrainingMethod method,
        string framework = "transformers",
        string accelerator = "nvidia-h100-sxm-80gb"
    ) =>
        new()
        {
            Architecture = Architecture(model),
            Accelerator = Catalog.Accelerators.Find(accelerator),
            Constants = Constants,
            Framework = Constants.Framework(framework),
            Method = method,
            SequenceLength = 2048,
        };

    public static double Part(this TrainingMemory memory, string name) =>
        memory.Parts.Where(part => part.Name == name).Sum(part => part.Bytes);
}
