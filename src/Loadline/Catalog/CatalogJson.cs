using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Loadline.Models;

namespace Loadline.Catalog;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [
        typeof(ByteSizeConverter),
        typeof(BandwidthConverter),
        typeof(FlopRateConverter),
        typeof(DurationConverter),
        typeof(PowerConverter),
        typeof(MoneyConverter),
        typeof(NameConverter<AcceleratorKind>),
        typeof(NameConverter<HardwareClass>),
        typeof(NameConverter<MemoryBudget>),
        typeof(NameConverter<SchedulingPolicy>),
        typeof(NameConverter<CacheLayoutKind>),
        typeof(NameConverter<Arithmetic>),
        typeof(NameConverter<PredictedQuantity>),
        typeof(NameConverter<DataPlacement>),
    ]
)]
[JsonSerializable(typeof(Accelerator))]
[JsonSerializable(typeof(Offer))]
[JsonSerializable(typeof(Region))]
[JsonSerializable(typeof(Engine))]
[JsonSerializable(typeof(KernelConstants))]
[JsonSerializable(typeof(EndToEndConstants))]
[JsonSerializable(typeof(IntervalConstants))]
[JsonSerializable(typeof(MeasuredQuality))]
[JsonSerializable(typeof(QualityConstants))]
[JsonSerializable(typeof(TrainingConstants))]
[JsonSerializable(typeof(Benchmark))]
[JsonSerializable(typeof(ModelCapability))]
[JsonSerializable(typeof(CatalogModel))]
[JsonSerializable(typeof(TaskPreset))]
[JsonSerializable(typeof(ApiOffer))]
[JsonSerializable(typeof(EconomicFigure))]
[JsonSerializable(typeof(DataClass))]
[JsonSerializable(typeof(ExportTargets))]
[JsonSerializable(typeof(AdaptationNorms))]
[JsonSerializable(typeof(TrainingTool))]
internal sealed partial class CatalogJson : JsonSerializerContext;
