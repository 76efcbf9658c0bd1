using System.CommandLine;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>All commands of <c>otask</c>, from the parser itself, so that tests also cover a new command.</summary>
internal static class OtaskTree
{
    /// <summary>Returns each command that does something, with the words that name it.</summary>
    public static IEnumerable<(string[] Words, Command Command)> Commands() => Below([], Program().Root);

    /// <summary>Returns a program that writes nothing.</summary>
    public static global::OrleansTasks.Cli.CommandLine Program() => new(TextWriter.Null, TextWriter.Null);

    /// <summary>Returns the command that words name.</summary>
    public static Command Of(string words) =>
        Commands().Single(entry => string.Join(' ', entry.Words) == words).Command;

    /// <summary>Returns the names of all commands, for a theory.</summary>
    public static TheoryData<string> Names() => [.. Commands().Select(static entry => string.Join(' ', entry.Words))];

    /// <summary>Returns the options of a command, with those of every command.</summary>
    public static IEnumerable<Option> OptionsOf(Command command) =>
        command.Options.Concat(Program().Root.Options.Where(static option => option.Recursive));

    private static IEnumerable<(string[] Words, Command Command)> Below(string[] words, Command command)
    {
        if (command.Action is not null && words.Length > 0)
            yield return (words, command);
        foreach (var child in command.Subcommands)
        {
            foreach (var found in Below([.. words, child.Name], child))
                yield return found;
        }
    }
}
