using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>
/// The commands that inputs may name. Everything beside the command may be hostile; the command itself never comes from
/// a mutation.
/// </summary>
internal static partial class Harmless
{
    /// <summary>Programs by absolute path. The last one cannot exist.</summary>
    public static readonly string[] Programs = ["/bin/true", "/bin/false", "/bin/echo", "/bin/cat", Missing];

    /// <summary>Lines for a shell.</summary>
    public static readonly string[] Lines = ["/bin/true", "/bin/false", "/bin/echo hello", "/bin/cat", "exit 3",
        "true"];

    private const string Missing = "/nonexistent/fuzz/program";

    /// <summary>Whether each command that JSON text in a request could bring to a worker is in the lists.</summary>
    public static bool AllowsRequest(ReadOnlySpan<byte> request)
    {
        var text = Encoding.Latin1.GetString(request);
        // A key that is written with escapes would pass by the patterns below.
        if (EscapedLetter().IsMatch(text))
            return false;
        return CommandLine().Matches(text).All(static match => match.Groups[1].Value.Length == 0
            || Lines.Contains(match.Groups[1].Value))
            && Arguments().Matches(text).All(static match => match.Groups[1].Value.Length == 0
                || Programs.Contains(match.Groups[1].Value));
    }

    /// <summary>Whether a message to a worker, if it can be read, starts nothing but what is in the lists.</summary>
    public static bool AllowsCommands(byte[] message)
    {
        try
        {
            // As the worker reads it.
            return Commands.Parser.ParseFrom(new ReadOnlySequence<byte>(message)).Start.All(static start =>
                (start.Argv.Count == 0 || IsAllowed(start.Argv[0]))
                    && (start.Chunk is null || AllowsPlan(start.Chunk.Plan.Span)));
        }
        catch (Exception unreadable) when (unreadable is not OutOfMemoryException)
        {
            return true;
        }
    }

    private static bool AllowsPlan(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var plan = ProcessingPlan.Read(bytes);
            return plan.Aggregates.Select(static aggregate => aggregate.Command).Append(plan.Command)
                .All(static command => command.Length == 0 || command[0] is null || IsAllowed(command[0]));
        }
        catch (Exception unreadable) when (unreadable is not OutOfMemoryException)
        {
            return true;
        }
    }

    /// <summary>A name without a slash would be looked for in a hostile PATH.</summary>
    private static bool IsAllowed(string program) =>
        program.Length == 0 || Programs.Contains(program) || (program.Contains('/', StringComparison.Ordinal)
            && !File.Exists(program));

    [GeneratedRegex("\"cmd\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"", RegexOptions.IgnoreCase)]
    private static partial Regex CommandLine();

    [GeneratedRegex("\"argv\"\\s*:\\s*\\[\\s*\"((?:[^\"\\\\]|\\\\.)*)\"", RegexOptions.IgnoreCase)]
    private static partial Regex Arguments();

    [GeneratedRegex(@"\\u00[46][0-9a-f]|\\u00[57][0-9a]", RegexOptions.IgnoreCase)]
    private static partial Regex EscapedLetter();
}
