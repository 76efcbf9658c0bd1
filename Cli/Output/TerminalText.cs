using System.Text;

namespace OrleansTasks.Cli.Output;

/// <summary>
/// Makes strings from tasks safe to show on a terminal: a control character is replaced by its Unicode control picture
/// (ESC by U+241B). One without a picture, or one that changes the text direction, is replaced by U+FFFD.
/// </summary>
internal static class TerminalText
{
    private const char Replacement = '\uFFFD', FirstPicture = '\u2400', DeletePicture = '\u2421';

    /// <summary>Returns a string for one line; line breaks and tabs become pictures as well.</summary>
    public static string Line(string text) => Shown(text, keeps: "");

    /// <summary>Returns a string of several lines.</summary>
    public static string Lines(string text) => Shown(text.ReplaceLineEndings("\n"), keeps: "\n\t");

    /// <summary>
    /// Converts a piece of a longer text in place. Carriage returns stay, because progress bars use them.
    /// </summary>
    public static void ShowStream(Span<char> text)
    {
        foreach (ref var character in text)
            if (character is not ('\n' or '\t' or '\r'))
                character = Shown(character);
    }

    private static string Shown(string text, string keeps)
    {
        var shown = new StringBuilder(text.Length);
        foreach (var character in text)
            shown.Append(keeps.Contains(character, StringComparison.Ordinal) ? character : Shown(character));
        return shown.ToString();
    }

    private static char Shown(char character) => character switch
    {
        < ' ' => (char)(FirstPicture + character),
        '\u007F' => DeletePicture,
        >= '\u0080' and <= '\u009F' => Replacement,
        '\u061C' or '\u200E' or '\u200F' or '\u2028' or '\u2029' => Replacement,
        // Invisible characters would make different names look the same.
        '\u00AD' or '\u180E' or '\u200B' or '\u2060' or '\uFEFF' => Replacement,
        >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069' => Replacement,
        _ => character,
    };
}
