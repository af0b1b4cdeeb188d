using System.Text.RegularExpressions;
using Loadline.Catalog;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Catalog;

public sealed partial class SourceTests
{
    private static readonly CatalogReader Catalog = new();

    [Fact]
    public void Every_repository_named_as_a_source_is_listed_with_its_licence()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "catalog", "SOURCES.md"));
        var sources = Catalog
            .Accelerators.All.Select(entry => entry.Source)
            .Concat(Catalog.Offers.All.Select(entry => entry.Source))
            .Concat(Catalog.Engines.All.Select(entry => entry.Source))
            .Concat(Catalog.Engines.All.Select(entry => entry.Launch?.Source ?? ""))
            .Concat(Catalog.Exports.All.Select(entry => entry.Source))
            .Concat(Catalog.TrainingTools.All.Select(entry => entry.Source))
            .Concat(Catalog.Kernels.All.Select(entry => entry.Source))
            .Concat(Catalog.Models.All.Select(entry => entry.Source))
            .Concat(Catalog.Models.All.Select(entry => entry.ReleasedSource ?? ""))
            .Concat(Catalog.Capabilities.All.Select(entry => entry.Source));

        var repositories = sources
            .SelectMany(source => source.Split(';', StringSplitOptions.TrimEntries))
            .Select(source => RepositoryAtStart().Match(source))
            .Where(match => match.Success)
            .Select(match => match.Groups[1].Value)
            .Distinct()
            .ToList();

        repositories.Count.ShouldBeGreaterThan(20);
        foreach (var repository in repositories)
            page.ShouldContain(repository);
    }

    // A source reads "owner/name path@commit", "owner/name/path", or names who ran it before "via".
    [Fact]
    public void Every_source_of_a_measurement_is_listed_with_its_licence()
    {
        var root = Repository.Root;
        var page = File.ReadAllText(Path.Combine(root, "catalog", "SOURCES.md"));
        using var text = File.OpenText(Path.Combine(root, "measurements", "inference.csv"));
        var publishers = CsvTable
            .Read("inference.csv", text)
            .Rows.Select(row => row.Text("source").Replace("https://", "", StringComparison.Ordinal))
            .Select(source => source.Split(' ').First(word => word.Contains('/', StringComparison.Ordinal)))
            .Select(address => string.Join('/', address.Split('/').Take(2)))
            .Distinct()
            .ToList();

        publishers.Count.ShouldBeGreaterThan(20);
        foreach (var publisher in publishers)
            page.ShouldContain(publisher);
    }

    // "owner/name ..." or "field-mapped from owner/name ..."; a path such as docs.example/page has a dot in its owner.
    [GeneratedRegex(@"^(?:field-mapped from )?([A-Za-z0-9-]+/[A-Za-z0-9._-]+)(?:\s|$)")]
    private static partial Regex RepositoryAtStart();
}
