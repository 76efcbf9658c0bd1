using System.CommandLine;

namespace OrleansTasks.Cli.Map;

/// <summary>
/// The words of <c>otask map</c> behind its options: the command, and the sources of arguments behind <c>:::</c>,
/// <c>::::</c>, <c>:::+</c> and <c>::::+</c>.
/// </summary>
/// <param name="Command">The words of the command.</param>
/// <param name="Sources">The sources; none if the arguments come from standard input.</param>
internal sealed record MapWords(IReadOnlyList<string> Command, IReadOnlyList<ArgumentSource> Sources)
{
    /// <summary>
    /// Returns a command line of <c>otask map</c> with <c>--</c> before the first word that is not an option, and short
    /// options apart from their values (<c>-j8</c>). So options behind the first word belong to the command, as in GNU
    /// parallel. Any other command line is returned as it is.
    /// </summary>
    public static string[] Mark(string[] args, Command root, Command map)
    {
        var marked = new List<string>();
        var at = root;
        for (var next = 0; next < args.Length; next++)
        {
            var arg = args[next];
            if (arg == "--")
                return args;
            if (arg is not ['-', _, ..])
            {
                if (at == map)
                    return [.. marked, "--", .. args[next..]];
                if (arg != map.Name)
                    return args;
                at = map;
                marked.Add(arg);
                continue;
            }

            var isShort = arg is [_, not '-', _, ..] && TakesValue(arg[..2]) && arg[2] is not ('=' or ':');
            marked.AddRange(isShort ? [arg[..2], arg[2..]] : [arg]);
            if (!isShort && TakesValue(arg) && next + 1 < args.Length)
                marked.Add(args[++next]);
        }

        return at == map ? [.. marked] : args;

        bool TakesValue(string name) =>
            at.Options.Concat(at == root ? [] : root.Options.Where(static option => option.Recursive))
                .FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name)) is { } option
            && option.Arity.MaximumNumberOfValues > 0;
    }

    /// <summary>Reads the words. Throws <see cref="UsageException"/>.</summary>
    /// <param name="words">The words.</param>
    /// <param name="raw">The same words as <see cref="ByteText"/>.</param>
    public static MapWords Read(string[] words, IReadOnlyList<string> raw)
    {
        var end = Array.FindIndex(words, IsMark) is var found and >= 0 ? found : words.Length;
        for (var at = 0; at < end; at++)
        {
            if (Utf8Fault.In(ByteText.BytesOf(raw[at])) is { } fault)
                throw new UsageException($"command, word {at + 1}: {fault}.");
        }

        var command = words[..end];
        var sources = new List<ArgumentSource>();
        while (end < words.Length)
        {
            var mark = words[end];
            var next = Array.FindIndex(words, end + 1, IsMark) is var further and >= 0 ? further : words.Length;
            var isLinked = mark.EndsWith('+');
            if (isLinked && sources.Count == 0)
                throw new UsageException($"{mark} needs a source before it, with ::: or ::::.");
            if (mark.StartsWith("::::", StringComparison.Ordinal))
                sources.AddRange(words[(end + 1)..next].Select((file, at) => new ArgumentSource(null, file, isLinked && at == 0)));
            else
                sources.Add(new ArgumentSource([.. raw.Skip(end + 1).Take(next - end - 1)], null, isLinked));
            end = next;
        }

        return new MapWords(command, sources);
    }

    private static bool IsMark(string word) => word is ":::" or "::::" or ":::+" or "::::+";
}
