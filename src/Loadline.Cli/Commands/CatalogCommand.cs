using System.CommandLine;
using Loadline.Catalog;
using Loadline.Cli.Rendering;

namespace Loadline.Cli.Commands;

internal static class CatalogCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var command = new Command(
            "catalog",
            "What is known of hardware, offers, hosted models, engines, models, their scores, prices and rules for data"
        );
        command.Subcommands.Add(List(surroundings));
        command.Subcommands.Add(Show(surroundings));
        command.Subcommands.Add(Search(surroundings));
        return command;
    }

    private static Command List(Surroundings surroundings)
    {
        var (command, kind, answer) = New("list", "Every entry of a kind");
        command.SetAction(parsed =>
        {
            var search = new CatalogSearch(Session.Open(parsed, surroundings).Catalog);
            var items = search.List(parsed.GetRequiredValue(kind));
            answer.Print(parsed, surroundings, items, AnswerJson.Default.IReadOnlyListCatalogItem, RenderItems);
            return ExitCodes.Yes;
        });
        return command;
    }

    private static Command Search(Surroundings surroundings)
    {
        var (command, kind, answer) = New("search", "Entries whose id, name or alias contains the words");
        var words = new Argument<string[]>("WORDS") { Arity = ArgumentArity.OneOrMore };
        command.Arguments.Add(words);
        command.SetAction(parsed =>
        {
            var search = new CatalogSearch(Session.Open(parsed, surroundings).Catalog);
            var items = search.Search(parsed.GetRequiredValue(kind), string.Join(' ', parsed.GetRequiredValue(words)));
            answer.Print(parsed, surroundings, items, AnswerJson.Default.IReadOnlyListCatalogItem, RenderItems);
            return items.Count > 0 ? ExitCodes.Yes : ExitCodes.No;
        });
        return command;
    }

    private static Command Show(Surroundings surroundings)
    {
        var (command, kind, answer) = New("show", "One entry in full, own files merged in");
        var name = new Argument<string>("NAME");
        command.Arguments.Add(name);
        command.SetAction(parsed =>
        {
            var search = new CatalogSearch(Session.Open(parsed, surroundings).Catalog);
            var entry = search.Show(parsed.GetRequiredValue(kind), parsed.GetRequiredValue(name));
            // An entry is JSON for people as well: it is what one would write into an own file.
            answer.Print(
                parsed,
                surroundings,
                entry,
                AnswerJson.Default.JsonElement,
                (page, value) =>
                    page.Verbatim(System.Text.Json.JsonSerializer.Serialize(value, AnswerJson.Default.JsonElement))
            );
            return ExitCodes.Yes;
        });
        return command;
    }

    private static (Command Command, Argument<string> Kind, Answer Answer) New(string name, string description)
    {
        var kind = new Argument<string>("KIND") { Description = string.Join(", ", CatalogSearch.Kinds) };
        var answer = new Answer();
        var command = new Command(name, description);
        command.Arguments.Add(kind);
        answer.AddTo(command);
        return (command, kind, answer);
    }

    private static void RenderItems(Page page, IReadOnlyList<CatalogItem> items)
    {
        page.Headline(items.Count == 1 ? "1 entry." : $"{items.Count:N0} entries.");
        if (items.Count == 0)
            return;
        page.Table(
            ["Id", "Name", "Also called"],
            items.Select(item => (IReadOnlyList<string>)[item.Id, item.Name ?? "", string.Join(", ", item.Aliases)])
        );
    }
}
