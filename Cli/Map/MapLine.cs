using OrleansTasks.Cli.Files;

namespace OrleansTasks.Cli.Map;

/// <summary>One task of a map before it is submitted.</summary>
/// <param name="Number">Its number, from 1, in the order of the arguments.</param>
/// <param name="Command">The line for the shell.</param>
/// <param name="Arguments">The arguments as <see cref="ByteText"/>.</param>
internal sealed record MapLine(long Number, string Command, string[] Arguments)
{
    /// <summary>The files that the task gets.</summary>
    public IReadOnlyList<LocalInput> Inputs { get; init; } = [];

    /// <summary>The patterns of files that the task leaves.</summary>
    public IReadOnlyList<string> Artifacts { get; init; } = [];

    /// <summary>About how many characters of a request the task takes.</summary>
    public int Length => Command.Length + Inputs.Sum(static input => input.Name.Length + EntryLength);

    // The other members of an entry of files.
    private const int EntryLength = 130;
}
