using System.Globalization;
using System.Text;
using Spectre.Console;

namespace OrleansTasks.Cli.Output;

/// <summary>
/// How many columns a terminal needs for a text: two for a wide character such as a Chinese one, none for a combining
/// mark. A text is cut only between characters as users see them, so no mark loses its letter and no surrogate its pair.
/// </summary>
internal static class TextWidth
{
    private const char Ellipsis = '…';

    /// <summary>Returns the number of columns.</summary>
    public static int Of(string text) => Ascii.IsValid(text) ? text.Length : Math.Max(0, text.GetCellWidth());

    /// <summary>Returns the text with spaces behind it, up to a number of columns.</summary>
    public static string Padded(string text, int width) => text + new string(' ', Math.Max(0, width - Of(text)));

    /// <summary>Returns the text; if it needs more columns, its beginning with an ellipsis.</summary>
    public static string Cut(string text, int width)
    {
        if (Of(text) <= width)
            return text;
        var (end, used) = (0, 0);
        while (end < text.Length)
        {
            var length = StringInfo.GetNextTextElementLength(text, end);
            used += Of(text.Substring(end, length));
            if (used > width - 1)
                break;
            end += length;
        }

        return string.Concat(text.AsSpan(0, end), [Ellipsis]);
    }
}
