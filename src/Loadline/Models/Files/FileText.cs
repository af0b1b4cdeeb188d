using System.Text;

namespace Loadline.Models;

/// <summary>How names found in a file are shown in a message: quoted, short and on one line.</summary>
internal static class FileText
{
    private const int Shown = 80;

    public static string Quote(string name)
    {
        var text = new StringBuilder("\"");
        foreach (var character in name.AsSpan(0, Math.Min(name.Length, Shown)))
            text.Append(char.IsControl(character) ? '?' : character);
        return text.Append(name.Length > Shown ? "...\"" : "\"").ToString();
    }
}
