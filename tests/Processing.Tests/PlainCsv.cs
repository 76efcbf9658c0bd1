using System.Text;

namespace OrleansTasks.Processing.Tests;

/// <summary>Reads CSV one character after another, as RFC 4180 describes it.</summary>
internal static class PlainCsv
{
    /// <summary>
    /// Returns the rows: their fields with the quotes around them, and whether quotes or a carriage return are faulty.
    /// </summary>
    public static List<(string[] Fields, bool IsFaulty)> Rows(string text)
    {
        var rows = new List<(string[] Fields, bool IsFaulty)>();
        var fields = new List<string>();
        var (field, isFaulty) = (new StringBuilder(), false);
        var at = text.StartsWith('\uFEFF') ? 1 : 0;
        var rowAt = at;
        for (; at <= text.Length; at++)
        {
            if (at < text.Length && field.Length == 0 && text[at] == '"')
            {
                at = Quoted(text, at, field);
                isFaulty |= at < text.Length && text[at] is not (',' or '\n') && !(text[at] == '\r' && text.ElementAtOrDefault(at + 1) == '\n');
            }

            if (at == text.Length && at == rowAt)
                break;
            if (at == text.Length || text[at] is ',' or '\n')
            {
                fields.Add(field.ToString());
                field.Clear();
                if (at < text.Length && text[at] == ',')
                    continue;
                rows.Add(([.. fields], isFaulty));
                fields.Clear();
                (isFaulty, rowAt) = (false, at + 1);
            }
            else if (text[at] != '\r')
                field.Append(text[at]);
            else if (text.ElementAtOrDefault(at + 1) != '\n')
            {
                isFaulty = true;
                field.Append('\r');
            }
        }

        return rows;
    }

    private static int Quoted(string text, int at, StringBuilder field)
    {
        field.Append(text[at++]);
        for (; at < text.Length; at++)
        {
            field.Append(text[at]);
            if (text[at] != '"')
                continue;
            if (at + 1 == text.Length || text[at + 1] != '"')
                return at + 1;
            field.Append(text[++at]);
        }

        throw new InvalidOperationException("A quote is not closed.");
    }
}
