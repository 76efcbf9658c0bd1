using System.CommandLine;
using System.Globalization;

namespace OrleansTasks.Cli;

/// <summary>Asks before many things are changed.</summary>
/// <param name="errors">Where questions go.</param>
internal sealed class Confirmation(TextWriter errors)
{
    /// <summary>The option that answers beforehand.</summary>
    public static Option<bool> Yes() => new("--yes", "-y")
    {
        Arity = ArgumentArity.Zero,
        Description = "with filters: do not ask before anything is changed",
    };

    /// <summary>Whether somebody can be asked: otask reads from a terminal, and writes its questions to one.</summary>
    public static bool CanAsk => !Console.IsInputRedirected && !Console.IsErrorRedirected;

    /// <summary>Asks for the number of things to be typed; false when something else is.</summary>
    public bool Ask(long count, string what)
    {
        errors.Write($"{count} tasks would {what}. Type {count} to go on: ");
        errors.Flush();
        return Console.ReadLine()?.Trim() == count.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Says what would happen, and asks for a word to be typed; false when something else is.</summary>
    public bool AskFor(string word, string what)
    {
        errors.Write($"{what} Type {Output.TerminalText.Line(word)} to go on: ");
        errors.Flush();
        return Console.ReadLine()?.Trim() == word.Trim();
    }
}
