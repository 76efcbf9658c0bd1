using System.CommandLine;
using System.CommandLine.Help;

namespace OrleansTasks.Cli.Help;

/// <summary>
/// <c>otask manual</c>, which is hidden: prints the page of all commands, docs/commands.md, as Markdown.
/// </summary>
internal static class ManualCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(TextWriter output)
    {
        var command = new Command("manual", "print a reference of all commands as Markdown") { Hidden = true };
        command.SetAction(result =>
        {
            var root = (RootCommand)result.RootCommandResult.Command;
            output.WriteLine("# Commands of otask");
            output.WriteLine();
            output.WriteLine("`otask manual` prints this page. [otask.md](otask.md) describes what the commands have in common.");
            Options(root, output, "Options for every command");
            foreach (var child in Children(root))
                Write(child, $"otask {child.Name}", output);
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Write(Command command, string path, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"## {path}");
        output.WriteLine();
        output.WriteLine($"{char.ToUpperInvariant(command.Description![0])}{Escaped(command.Description[1..])}.");
        if (command.Arguments.Any(static argument => !argument.Hidden))
        {
            output.WriteLine();
            output.WriteLine("| argument | |");
            output.WriteLine("| --- | --- |");
            foreach (var argument in command.Arguments.Where(static argument => !argument.Hidden))
                output.WriteLine($"| `{argument.HelpName ?? argument.Name.ToUpperInvariant()}` | {Escaped(argument.Description)} |");
        }

        Options(command, output, null);
        foreach (var child in Children(command))
            Write(child, $"{path} {child.Name}", output);
    }

    private static void Options(Command command, TextWriter output, string? title)
    {
        var options = command.Options.Where(static option => !option.Hidden && option is not HelpOption).ToList();
        if (options.Count == 0)
            return;
        output.WriteLine();
        output.WriteLine($"| {title ?? "option"} | |");
        output.WriteLine("| --- | --- |");
        foreach (var option in options)
        {
            var names = string.Join(", ", option.Aliases.Append(option.Name).OrderBy(static name => name.Length));
            var value = option.HelpName is { } name && option.ValueType != typeof(bool) ? $" {name}" : "";
            var standard = option.HasDefaultValue && option.ValueType != typeof(bool) && $"{option.GetDefaultValue()}" is { Length: > 0 } text
                ? $" [default: {text}]" : "";
            output.WriteLine($"| `{Escaped($"{names}{value}")}` | {Escaped(option.Description)}{standard} |");
        }
    }

    private static IEnumerable<Command> Children(Command command) => command.Subcommands.Where(static child => !child.Hidden);

    private static string Escaped(string? text) => (text ?? "").Replace("|", "\\|", StringComparison.Ordinal);
}
