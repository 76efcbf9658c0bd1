using System.Globalization;
using System.Text;

namespace OrleansTasks.Cli.Map;

/// <summary>
/// The log of a map in GNU parallel's format (<c>--joblog</c>): a line for each task that has ended, in the order of
/// the ends. With <c>--resume</c>, a later map appends to it.
/// </summary>
internal sealed class JobLog : IDisposable
{
    private const string Header = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand";

    private readonly string path;
    private readonly Dictionary<long, (bool HasSucceeded, string Command)> ended = [];
    private readonly StreamWriter writer;

    private JobLog(string path, bool continues)
    {
        this.path = path;
        var isOld = continues && File.Exists(path) && TryReadEnded();
        writer = new StreamWriter(path, append: isOld, new UTF8Encoding(false));
        if (!isOld)
            writer.WriteLine(Header);
        writer.Flush();
    }

    /// <summary>Opens the log. Throws <see cref="UsageException"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="continues">Whether to keep what the file has; otherwise the log begins anew.</param>
    public static JobLog Open(string path, bool continues)
    {
        try
        {
            return new JobLog(path, continues);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--joblog: cannot open '{path}': {e.Message}");
        }
    }

    /// <summary>
    /// Returns whether a task has ended in an earlier map. Throws <see cref="UsageException"/> if the log has another
    /// command at its number: then the log is not this map's.
    /// </summary>
    public bool Has(long number, string command, bool repeatsFailed)
    {
        if (!ended.TryGetValue(number, out var end))
            return false;
        if (end.Command != InOneLine(command))
            throw new UsageException($"--joblog: '{path}' is of another map: its task {number} is '{end.Command}', and here it is "
                + $"'{InOneLine(command)}'. Give --joblog another file.");
        return end.HasSucceeded || !repeatsFailed;
    }

    /// <summary>Adds the end of a task.</summary>
    /// <param name="end">The end.</param>
    /// <param name="exitCode">The exit code to log: not the task's if its files could not be brought.</param>
    public void Add(MapEnd end, int exitCode)
    {
        var run = Math.Max(0, (end.EndedAt - end.StartedAt).TotalSeconds);
        writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{end.Line.Number}\t{(end.Node.Length == 0 ? ":" : end.Node)}\t{end.StartedAt.ToUnixTimeMilliseconds() / 1000.0:F3}\t"
                + $"{run,10:F3}\t0\t{end.OutputBytes}\t{(end.Signal > 0 ? 0 : exitCode)}\t{end.Signal}\t"
                + $"{InOneLine(end.Line.Command)}"));
    }

    /// <summary>Writes what was added.</summary>
    public void Flush() => writer.Flush();

    /// <inheritdoc/>
    public void Dispose() => writer.Dispose();

    private static string InOneLine(string command) => command.Replace('\n', ' ');

    // Returns whether the file has a whole line. Changes nothing in a file of another format.
    private bool TryReadEnded()
    {
        // An interrupted write may have left a last line without its end.
        var text = File.ReadAllText(path);
        var whole = text[..(text.LastIndexOf('\n') + 1)];
        var lines = whole.Split('\n')[..^1];
        if (!(lines is [var first, ..] ? first == Header : Header.StartsWith(text, StringComparison.Ordinal)))
            throw Foreign(1);
        foreach (var (at, line) in lines.Skip(1).Index())
        {
            if (line.Split('\t', 9) is not [var number, _, _, _, _, _, var exit, var signal, var command]
                || !long.TryParse(number, CultureInfo.InvariantCulture, out var seen))
                throw Foreign(at + 2);
            // A task that ran again has a further line, and the last one counts.
            ended[seen] = (exit == "0" && signal == "0", command);
        }

        if (whole.Length < text.Length)
            File.WriteAllText(path, whole);
        return lines.Length > 0;
    }

    private UsageException Foreign(int line) =>
        new($"--joblog: line {line} of '{path}' is not in GNU parallel's format. Give --joblog another file.");
}
