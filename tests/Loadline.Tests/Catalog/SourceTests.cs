using System.Text.RegularExpressions;
using Loadline.Catalog;
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
            .Concat(Catalog.Kernels.All.Select(entry => entry.Source))
            .Concat(Catalog.Models.All.Select(entry => entry.Source))
            .Concat(Catalog.Models.All.Select(entry => entry.ReleasedSource ?? ""));

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

    // "owner/name ..." or "field-mapped from owner/name ..."; a path such as docs.example/page has a dot in its owner.
    [GeneratedRegex(@"^(?:field-mapped from )?([A-Za-z0-9-]+/[A-Za-z0-9._-]+)(?:\s|$)")]
    private static partial Regex RepositoryAtStart();
}
