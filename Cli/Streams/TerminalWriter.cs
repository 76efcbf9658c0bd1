using System.Globalization;
using System.Text;

namespace OrleansTasks.Cli.Streams;

/// <summary>Writes text to standard output, which is a terminal, and knows its size.</summary>
internal sealed class TerminalWriter()
    : StreamWriter(new DescriptorStream(StandardDescriptors.Output), new UTF8Encoding(false))
{
    private const int UsualWidth = 80, UsualHeight = 24;

    /// <summary>The number of columns.</summary>
    public static int Width =>
        Known(StandardDescriptors.SizeOf(StandardDescriptors.Output).Columns, "COLUMNS", UsualWidth);

    /// <summary>The number of lines.</summary>
    public static int Height =>
        Known(StandardDescriptors.SizeOf(StandardDescriptors.Output).Lines, "LINES", UsualHeight);

    /// <summary>Returns the width of an output that is a terminal; null for a file or a pipe.</summary>
    public static int? WidthOf(TextWriter output) => CanDrawOn(output) ? Width : null;

    /// <summary>Returns whether an output is a terminal on which the cursor can be moved.</summary>
    public static bool CanDrawOn(TextWriter output) =>
        output is TerminalWriter && Environment.GetEnvironmentVariable("TERM") != "dumb";

    private static int Known(int told, string variable, int usual) =>
        told > 0 ? told
        : int.TryParse(
            Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var set)
            && set > 0 ? set
        : usual;
}
