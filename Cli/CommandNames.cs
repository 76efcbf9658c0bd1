using System.CommandLine;

namespace OrleansTasks.Cli;

/// <summary>Names that commands had before, or that people try: they work, and no help shows them.</summary>
internal static class CommandNames
{
    /// <summary>Gives the command a second name.</summary>
    public static Command Formerly(this Command command, string name)
    {
        command.Aliases.Add(name);
        return command;
    }

    /// <summary>Hides a command that another one replaces.</summary>
    public static Command Old(this Command command)
    {
        command.Hidden = true;
        return command;
    }
}
