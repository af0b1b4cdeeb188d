using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Loadline.Tests;

public sealed partial class RoomOrderTests
{
    private static readonly string[] Rooms =
    [
        "Quantities",
        "Models",
        "Catalog",
        "Prediction",
        "Simulation",
        "Planning",
    ];

    [Fact]
    public void A_room_uses_only_the_rooms_above_it()
    {
        var library = Path.Combine(Repository.Root, "src", "Loadline");
        var violations = new List<string>();
        for (var room = 0; room < Rooms.Length; room++)
        {
            var folder = Path.Combine(library, Rooms[room]);
            Directory.Exists(folder).ShouldBeTrue($"room {Rooms[room]} is missing");
            foreach (var file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            {
                foreach (Match use in RoomUse().Matches(File.ReadAllText(file)))
                {
                    if (Array.IndexOf(Rooms, use.Groups[1].Value) > room)
                        violations.Add($"{Path.GetRelativePath(library, file)} uses {use.Groups[1].Value}");
                }
            }
        }
        violations.ShouldBeEmpty();
    }

    [GeneratedRegex(
        @"(?:using\s+(?:static\s+)?|\b)Loadline\.(Quantities|Models|Catalog|Prediction|Simulation|Planning)\b"
    )]
    private static partial Regex RoomUse();
}
