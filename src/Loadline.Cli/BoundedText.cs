namespace Loadline.Cli;

/// <summary>A text that is given up when it turns out longer than it may be: a pipe does not say how long it is.</summary>
internal sealed class BoundedText(string file, TextReader text, long longest, string expected) : TextReader
{
    private long read;

    public override int Peek() => text.Peek();

    public override int Read()
    {
        var character = text.Read();
        if (character >= 0)
            Count(1);
        return character;
    }

    public override int Read(char[] buffer, int index, int count)
    {
        var length = text.Read(buffer, index, count);
        Count(length);
        return length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            text.Dispose();
        base.Dispose(disposing);
    }

    private void Count(int characters)
    {
        read += characters;
        if (read > longest)
            throw new BadContentException(file, "", $"more than {longest / 1_000_000} MB", expected);
    }
}
