using System.CommandLine;

namespace OrleansTasks.Cli;

/// <summary>Former or commonly tried names of commands. They work, but help does not show them.</summary>
internal static class CommandNames
{
    /// <summary>Adds a second name to a command.</summary>
    public static Command Formerly(this Command command, string name)
    {
        command.Aliases.Add(name);
        return command;
    }

    /// <summary>Hides a command that was replaced by another.</summary>
    public static Command Old(this Command command)
    {
        command.Hidden = true;
        return command;
    }
}
