namespace OrleansTasks.Processing.Files;

/// <summary>
/// Whether a place in a CSV text is within quotes, which decides whether a line feed there ends a row. A field is
/// quoted if it begins with a quote; any other quote outside quotes is content.
/// </summary>
/// <remarks>
/// <code>
/// outside    quote at a field's start  inside
/// inside     quote                     quote pending
/// pending    quote (an escaped one)    inside
/// pending    anything else             outside
/// </code>
/// </remarks>
internal struct QuoteState
{
    private bool isInside;
    private bool isPending;

    /// <summary>The last byte passed.</summary>
    private byte last;

    private QuoteState(byte last) => this.last = last;

    /// <summary>The state at the start of a text, after its byte order mark.</summary>
    public static QuoteState Start => new((byte)'\n');

    /// <summary>Whether a row begins here.</summary>
    public readonly bool IsRowStart => last == '\n' && !isInside;

    /// <summary>Whether a text that ends here has a quote that is not closed.</summary>
    public readonly bool IsOpen => isInside && !isPending;

    /// <summary>The state after a byte, if no quote is open there.</summary>
    public static QuoteState Outside(byte last) => new(last);

    /// <summary>Returns the length of the first row, with its line feed; -1 if the rows do not end one.</summary>
    public static int RowLength(ReadOnlySpan<byte> rows)
    {
        var state = Start;
        return state.PassRow(rows);
    }

    /// <summary>
    /// Passes bytes up to the end of the current row. Returns the place after the row's line feed; -1 if the bytes do
    /// not contain it, and then all are passed.
    /// </summary>
    public int PassRow(ReadOnlySpan<byte> bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            if (isPending && IsEscaped(bytes[at]))
            {
                at++;
                continue;
            }

            var found = isInside ? bytes[at..].IndexOf((byte)'"') : bytes[at..].IndexOfAny((byte)'"', (byte)'\n');
            if (found < 0)
                break;
            at += found;
            if (bytes[at] == '\n')
            {
                last = (byte)'\n';
                return at + 1;
            }

            PassQuote(at > 0 ? bytes[at - 1] : last);
            at++;
        }

        if (!bytes.IsEmpty)
            last = bytes[^1];
        return -1;
    }

    /// <summary>Passes bytes, whatever rows they contain.</summary>
    public void Pass(ReadOnlySpan<byte> bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            if (isPending && IsEscaped(bytes[at]))
            {
                at++;
                continue;
            }

            var found = bytes[at..].IndexOf((byte)'"');
            if (found < 0)
                break;
            at += found;
            PassQuote(at > 0 ? bytes[at - 1] : last);
            at++;
        }

        if (!bytes.IsEmpty)
            last = bytes[^1];
    }

    /// <summary>
    /// Ends the wait for the byte after a quote within quotes. Returns whether that byte is a second quote, with which
    /// it stands for a quote in the field; any other byte comes after the field.
    /// </summary>
    private bool IsEscaped(byte next)
    {
        isPending = false;
        isInside = next == '"';
        return isInside;
    }

    private void PassQuote(byte before)
    {
        if (isInside)
            isPending = true;
        else
            isInside = before is (byte)',' or (byte)'\n';
    }
}
