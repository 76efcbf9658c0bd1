using System.CommandLine;
using System.Globalization;

namespace OrleansTasks.Cli;

/// <summary>Asks the user before many things are changed.</summary>
/// <param name="errors">Receives the questions.</param>
internal sealed class Confirmation(TextWriter errors)
{
    /// <summary>Creates the option that confirms in advance.</summary>
    public static Option<bool> Yes() => new("--yes", "-y")
    {
        Arity = ArgumentArity.Zero,
        Description = "with filters: do not ask for confirmation",
    };

    /// <summary>Whether the user can be asked: otask reads from a terminal and writes its questions to one.</summary>
    public static bool CanAsk => !Console.IsInputRedirected && !Console.IsErrorRedirected;

    /// <summary>Asks the user to type the number of things; returns false if the user types something else.</summary>
    public bool Ask(long count, string what)
    {
        errors.Write($"{count} {(count == 1 ? "task" : "tasks")} would {what}. Type {count} to continue: ");
        errors.Flush();
        return Console.ReadLine()?.Trim() == count.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Says what would happen and asks the user to type a word; returns false if the user types something else.
    /// </summary>
    public bool AskFor(string word, string what)
    {
        errors.Write($"{what} Type {Output.TerminalText.Line(word)} to continue: ");
        errors.Flush();
        return Console.ReadLine()?.Trim() == word.Trim();
    }
}
