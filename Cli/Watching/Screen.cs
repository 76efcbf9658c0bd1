using System.Text;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli.Watching;

/// <summary>
/// A terminal screen that is redrawn in place. Lines are cut at its width, and those beyond its height are left out.
/// Only a terminal has one.
/// </summary>
internal sealed class Screen : IDisposable
{
    // ANSI escape sequences: Enter switches to the alternate screen and hides the cursor; Leave undoes both.
    private const string Enter = "\e[?1049h\e[?25l", Leave = "\e[?25h\e[?1049l", Home = "\e[H", ClearLine = "\e[K",
        ClearRest = "\e[J";
    private readonly TextWriter output;

    private Screen(TextWriter output)
    {
        this.output = output;
        output.Write(Enter);
    }

    /// <summary>Opens the screen of an output; returns null if the output is a file or a pipe.</summary>
    public static Screen? Open(TextWriter output) => TerminalWriter.CanDrawOn(output) ? new Screen(output) : null;

    /// <summary>Draws the lines for the screen's width, each cut to fit.</summary>
    public void Draw(Func<int, IEnumerable<string>> lines)
    {
        var (width, height) = (TerminalWriter.Width, TerminalWriter.Height);
        var text = new StringBuilder(Home);
        foreach (var line in lines(width).Take(Math.Max(1, height - 1)))
            text.Append(TextWidth.Cut(line, width)).Append(ClearLine).Append('\n');
        output.Write(text.Append(ClearRest));
        output.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        output.Write(Leave);
        output.Flush();
    }
}
