using System.Text;

namespace OrleansTasks.Cli.Import;

/// <summary>Makes names from commands and file names, and splits lists.</summary>
internal static class ImportNames
{
    /// <summary>Maximum length of a definition's name.</summary>
    public const int Longest = 128;

    private const int LongestWord = 60;

    // Words that start another program, so that they say nothing about the command.
    private static readonly string[] Wrappers =
    [
        "cd", "env", "nice", "ionice", "flock", "timeout", "sudo", "exec", "bash", "sh", "test", "[", "nohup",
        "chronic", "sleep", "time", "setsid", "systemd-run", "run-one", "python", "python3", "perl", "ruby", "php", "node", "java",
    ];

    private static readonly char[] Ends = [' ', '\t', ';', '&', '|', '(', ')', '<', '>', '"', '\'', '\n'];

    /// <summary>Returns a name for a command: its program, without the path and the extension.</summary>
    public static string OfCommand(string command)
    {
        var words = command.Split(Ends, StringSplitOptions.RemoveEmptyEntries);
        string? wrapper = null;
        var follows = false;
        foreach (var word in words)
        {
            var program = System.IO.Path.GetFileNameWithoutExtension(word.TrimEnd('/'));
            // Options, assignments and times are not the program, nor is the folder of cd or the file of flock.
            if (word[0] == '-' || word.Contains('=') || char.IsAsciiDigit(word[0]))
                continue;
            if (follows)
            {
                follows = false;
                continue;
            }

            if (!program.Any(char.IsAsciiLetter))
                continue;

            if (!Wrappers.Contains(program))
                return Slug(program);
            follows = program is "cd" or "flock";
            wrapper ??= program;
        }

        return Slug(wrapper ?? "command");
    }

    /// <summary>Returns a text as a part of a name: lower case, with <c>-</c> for what a name cannot have.</summary>
    public static string Slug(string text)
    {
        var name = new StringBuilder();
        foreach (var c in text.ToLowerInvariant())
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_')
                name.Append(c);
            else if (name.Length > 0 && name[^1] != '-')
                name.Append('-');
            if (name.Length == LongestWord)
                break;
        }

        var slug = name.ToString().Trim('-', '.', '_');
        return slug.Length > 0 ? slug : "command";
    }

    /// <summary>Returns the parts of a comma-separated list.</summary>
    public static IEnumerable<string> Split(string list) =>
        list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
