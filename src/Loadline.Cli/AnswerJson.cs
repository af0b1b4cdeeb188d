using System.Text.Json;
using System.Text.Json.Serialization;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Planning;
using Loadline.Prediction;

namespace Loadline.Cli;

/// <summary>How answers are written as JSON: camelCase names, units in the names, enumerations as words.</summary>
/// <remarks>A field without a value is null and not left out, so that "no" answers have the fields of "yes" ones.</remarks>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [
        typeof(CamelCaseEnum<Quantities.Evidence>),
        typeof(CamelCaseEnum<Bound>),
        typeof(CamelCaseEnum<ModelPart>),
        typeof(CamelCaseEnum<RejectionKind>),
        typeof(CamelCaseEnum<Way>),
    ]
)]
[JsonSerializable(typeof(ModelSummary))]
[JsonSerializable(typeof(MemoryAnswer))]
[JsonSerializable(typeof(PredictAnswer))]
[JsonSerializable(typeof(Simulation.ServingReport))]
[JsonSerializable(typeof(Plan))]
[JsonSerializable(typeof(Quantization.QuantizationReport))]
[JsonSerializable(typeof(Quantization.Evaluation.TriangleReport))]
[JsonSerializable(typeof(Quantization.Evaluation.MantissaReport))]
[JsonSerializable(typeof(MeasuredQualityFile))]
[JsonSerializable(typeof(AdaptationAnswer))]
[JsonSerializable(typeof(ValidationAnswer))]
[JsonSerializable(typeof(DecisionAnswer))]
[JsonSerializable(typeof(IReadOnlyList<CatalogItem>))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class AnswerJson : JsonSerializerContext;

internal sealed class CamelCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase)
    where T : struct, Enum;

/// <summary>The answer of <c>validate --decisions</c>.</summary>
internal sealed record DecisionAnswer(string File, DecisionScore Decisions);
