using Loadline.Tests;
using NJsonSchema;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Catalog;

public sealed class SchemaTests
{
    private static readonly string Root = Path.Combine(Repository.Root, "catalog");

    [Theory]
    [InlineData("accelerators", "accelerators")]
    [InlineData("offers", "offers")]
    [InlineData("engines", "engine")]
    [InlineData("kernels", "kernels")]
    [InlineData("models", "model")]
    [InlineData("apis", "apis")]
    public async Task Every_file_of_a_folder_follows_its_schema(string folder, string schema)
    {
        var files = Directory.GetFiles(Path.Combine(Root, folder), "*.json", SearchOption.AllDirectories);

        files.Length.ShouldBePositive();
        await FollowAsync(files, schema);
    }

    [Theory]
    [InlineData("regions.json", "regions")]
    [InlineData("catalog.json", "catalog")]
    [InlineData("tasks.json", "tasks")]
    [InlineData("end-to-end.json", "end-to-end")]
    [InlineData("intervals.json", "intervals")]
    [InlineData("economics.json", "economics")]
    [InlineData("data-classes.json", "data-classes")]
    [InlineData("quality.json", "quality")]
    [InlineData("training.json", "training")]
    [InlineData("benchmarks.json", "benchmarks")]
    [InlineData("capabilities.json", "capabilities")]
    [InlineData("exports.json", "exports")]
    [InlineData("adaptation.json", "adaptation")]
    [InlineData("training-tools.json", "training-tools")]
    public async Task A_single_file_follows_its_schema(string file, string schema) =>
        await FollowAsync([Path.Combine(Root, file)], schema);

    [Fact]
    public void Every_file_belongs_to_a_kind_that_is_checked()
    {
        var folders = Directory.GetDirectories(Root).Select(Path.GetFileName).Order();
        var files = Directory.GetFiles(Root, "*.json").Select(Path.GetFileName).Order();

        folders.ShouldBe(["accelerators", "apis", "engines", "kernels", "models", "offers", "schemas"]);
        files.ShouldBe([
            "adaptation.json",
            "benchmarks.json",
            "capabilities.json",
            "catalog.json",
            "data-classes.json",
            "economics.json",
            "end-to-end.json",
            "exports.json",
            "intervals.json",
            "quality.json",
            "regions.json",
            "tasks.json",
            "training-tools.json",
            "training.json",
        ]);
    }

    [Fact]
    public async Task A_schema_refuses_a_property_it_does_not_know()
    {
        var schema = await ReadAsync("accelerators");

        schema.Validate("""{ "accelerators": [{ "id": "x", "memroy": "80 GiB" }] }""").Count.ShouldBe(1);
        schema.Validate("""{ "accelerators": [{ "id": "x", "memory": "80 G" }] }""").Count.ShouldBe(1);
        schema.Validate("""{ "accelerators": [{ "id": "x", "memory": "80 GiB" }] }""").ShouldBeEmpty();
    }

    private static async Task FollowAsync(string[] files, string schemaName)
    {
        var schema = await ReadAsync(schemaName);
        foreach (var file in files)
        {
            var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
            schema.Validate(text).ShouldBeEmpty(file);
        }
    }

    private static Task<JsonSchema> ReadAsync(string name) =>
        JsonSchema.FromFileAsync(
            Path.Combine(Root, "schemas", name + ".schema.json"),
            TestContext.Current.CancellationToken
        );
}
