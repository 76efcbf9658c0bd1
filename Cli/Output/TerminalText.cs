using System.Text;

namespace OrleansTasks.Cli.Output;

/// <summary>
/// Shows text that a task chose so that it cannot steer the terminal: a control character is shown as the picture that
/// Unicode has for it (ESC as U+241B), and one that has none, or that changes the direction of text, as U+FFFD.
/// </summary>
internal static class TerminalText
{
    private const char Replacement = '\uFFFD', FirstPicture = '\u2400', DeletePicture = '\u2421';

    /// <summary>A text for one line: line breaks and tabs are shown as pictures, too.</summary>
    public static string Line(string text) => Shown(text, keeps: "");

    /// <summary>A text of several lines.</summary>
    public static string Lines(string text) => Shown(text.ReplaceLineEndings("\n"), keeps: "\n\t");

    /// <summary>Shows a piece of a longer text where it is. A return to the line's beginning stays, as progress bars do it.</summary>
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
        // Characters that nobody sees would make two names look like one.
        '\u00AD' or '\u180E' or '\u200B' or '\u2060' or '\uFEFF' => Replacement,
        >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069' => Replacement,
        _ => character,
    };
}
