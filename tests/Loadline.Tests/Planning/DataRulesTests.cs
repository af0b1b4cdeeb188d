using Loadline.Planning;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class DataRulesTests
{
    private static readonly string?[] Places = ["EU", "US", null];

    /// <summary>
    /// Yes or no by hand from the rules of the classes: in the EU, in the US, and nobody knows where; each without and with
    /// a contract.
    /// </summary>
    [Theory]
    [InlineData("public", "yy yy yy", "yy yy yy")]
    [InlineData("internal", "yy yy yy", "yy yy yy")]
    // Art. 28 needs a contract with a host of the model, which settles transfers; a rented machine has to lie in the EU.
    [InlineData("personal-eu", "yy ny ny", "yy nn nn")]
    // No machine of anybody's without a business associate agreement.
    [InlineData("health-us", "ny ny ny", "ny ny ny")]
    [InlineData("card-data", "ny ny ny", "yy yy yy")]
    [InlineData("financial-eu", "yy ny ny", "yy nn nn")]
    [InlineData("essential-eu", "yy ny ny", "yy nn nn")]
    [InlineData("high-risk-ai", "yy yy yy", "yy yy yy")]
    [InlineData("secret", "nn nn nn", "ny ny ny")]
    [InlineData("own-hardware-only", "nn nn nn", "nn nn nn")]
    public void Where_data_of_a_class_may_be(string id, string api, string rent)
    {
        var data = Deployments.Catalog.DataClasses.Find(id);

        Answers(Way.Api).ShouldBe(api);
        Answers(Way.Rent).ShouldBe(rent);
        Places.ShouldAllBe(place => DataRules.WhyNot(data, Way.Buy, "p", place, "it", Array.Empty<string>()) == null);
        Places.ShouldAllBe(place => DataRules.WhyNot(data, Way.Own, "p", place, "it", Array.Empty<string>()) == null);

        string Answers(Way way) =>
            string.Join(
                ' ',
                Places.Select(place =>
                    string.Concat(
                        new string[][] { ["other"], ["other", "p"] }.Select(contracts =>
                            DataRules.WhyNot(data, way, "p", place, "it", contracts) is null ? 'y' : 'n'
                        )
                    )
                )
            );
    }

    [Fact]
    public void Every_class_of_the_catalog_is_in_the_table() =>
        typeof(DataRulesTests)
            .GetMethod(nameof(Where_data_of_a_class_may_be))!
            .GetCustomAttributesData()
            .Where(attribute => attribute.AttributeType == typeof(InlineDataAttribute))
            .Select(attribute =>
                ((IEnumerable<System.Reflection.CustomAttributeTypedArgument>)attribute.ConstructorArguments[0].Value!)
                    .First()
                    .Value
            )
            .ShouldBe(Deployments.Catalog.DataClasses.All.Select(data => (object)data.Id), ignoreOrder: true);
}
