namespace Loadline.Simulation;

/// <summary>
/// Turns of which each begins with all that was said before: the beginning, a message, its answer, the next message and
/// so on, each a piece of its own by the name it had when it was new.
/// </summary>
internal sealed class Conversation(ContentPiece beginning)
{
    private readonly List<ContentPiece> pieces = beginning.Tokens > 0 ? [beginning] : [];

    public ContentPiece Beginning => beginning;

    /// <summary>Tokens said so far, answers included.</summary>
    public int Tokens { get; private set; } = beginning.Tokens;

    public int Pieces => pieces.Count;

    /// <summary>The prompt with a new message, which the answer will follow.</summary>
    public PromptContent Ask(ContentPiece message, ContentPiece answer)
    {
        Say(message);
        var content = new PromptContent([.. pieces], answer.Tokens > 0 ? answer.Id : null);
        Say(answer);
        return content;
    }

    private void Say(ContentPiece piece)
    {
        if (piece.Tokens == 0)
            return;
        pieces.Add(piece);
        Tokens += piece.Tokens;
    }
}
