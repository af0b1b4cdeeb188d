using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Loadline.Catalog;
using Loadline.Models;

namespace Loadline.Benchmarks;

/// <summary>
/// Every catalogued configuration from its JSON to a described architecture. Goal: all of them together in less than
/// 150 ms.
/// </summary>
[MemoryDiagnoser]
[MedianColumn]
public class ConfigurationsBenchmark
{
    private IReadOnlyList<CatalogModel> models = [];

    [GlobalSetup]
    public void Read() => models = new CatalogReader().Models.All;

    /// <returns>How many are of a family Loadline describes; the others are refused, which counts too.</returns>
    [Benchmark]
    public int Describe()
    {
        var described = 0;
        foreach (var model in models)
        {
            try
            {
                _ = model.Describe();
                described++;
            }
            catch (BadContentException)
            {
                // A configuration that the catalog holds although its family is not described.
            }
        }
        return described;
    }

    /// <summary>The same with the parsing of the JSON text.</summary>
    [Benchmark]
    public int ParseAndDescribe()
    {
        var described = 0;
        foreach (var model in models)
        {
            using var document = JsonDocument.Parse(model.Config.GetRawText());
            try
            {
                _ = ModelFamilies.Describe(new ModelConfig(model.Id, document.RootElement));
                described++;
            }
            catch (BadContentException)
            {
                // As above.
            }
        }
        return described;
    }
}
