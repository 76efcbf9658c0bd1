using System.CommandLine;
using System.CommandLine.Parsing;
using OrleansTasks.Cli.Map;

namespace OrleansTasks.Cli;

/// <summary>
/// The process's arguments and environment as bytes. .NET has replaced what is not UTF-8 by U+FFFD, and a task must not
/// get another command or file name than the one that was given.
/// </summary>
internal static class RawArguments
{
    private const char Replacement = '\uFFFD';

    /// <summary>Says which argument is not UTF-8; null if all are.</summary>
    /// <param name="args">The arguments as .NET decoded them: the last ones of the process.</param>
    /// <param name="result">The same arguments as the parser understood them.</param>
    /// <param name="rawWords">How many of the last arguments may have any bytes.</param>
    public static string? FaultIn(string[] args, ParseResult result, int rawWords)
    {
        if (!args.Any(static arg => arg.Contains(Replacement, StringComparison.Ordinal)))
            return null;
        var raw = Parts("/proc/self/cmdline");
        for (var at = 0; at < args.Length - rawWords && raw.Count >= args.Length; at++)
        {
            var bytes = raw[raw.Count - args.Length + at];
            if (Utf8Fault.In(bytes) is { } fault)
                return NameOf(args[at], bytes, fault, result);
        }

        return null;
    }

    /// <summary>Returns the last arguments of the process as <see cref="ByteText"/>.</summary>
    /// <param name="words">These arguments as .NET decoded them.</param>
    public static string[] Last(string[] words)
    {
        if (!words.Any(static word => word.Contains(Replacement, StringComparison.Ordinal)))
            return [.. words.Select(static word => ByteText.Of(word))];
        var raw = Parts("/proc/self/cmdline");
        return raw.Count < words.Length
            ? [.. words.Select(static word => ByteText.Of(word))]
            : [.. raw.TakeLast(words.Length).Select(static bytes => ByteText.Of(bytes))];
    }

    /// <summary>
    /// Returns the value of an environment variable; null if it is not set. Throws <see cref="UsageException"/> if it is
    /// not UTF-8.
    /// </summary>
    /// <param name="name">The variable.</param>
    /// <param name="option">The option that asks for it, for the message; null if none does.</param>
    public static string? Variable(string name, string? option = null)
    {
        var value = Environment.GetEnvironmentVariable(name);
        if (value is null || !value.Contains(Replacement, StringComparison.Ordinal))
            return value;
        foreach (var raw in Parts("/proc/self/environ"))
        {
            if (raw.AsSpan().StartsWith(System.Text.Encoding.UTF8.GetBytes(name + "="))
                && Utf8Fault.In(raw.AsSpan(raw.AsSpan().IndexOf((byte)'=') + 1)) is { } fault)
                throw new UsageException(
                    $"{(option is null ? "" : $"{option}: ")}the value of the variable {name}: {fault}.");
        }

        return value;
    }

    private static string NameOf(string arg, byte[] bytes, Utf8Fault fault, ParseResult result)
    {
        // --option=value: the place counts within the value.
        if (arg.StartsWith('-') && bytes.AsSpan().IndexOf((byte)'=') is var equals and > 0 && equals < fault.At)
            return $"{arg[..arg.IndexOf('=', StringComparison.Ordinal)]}: {Utf8Fault.In(bytes.AsSpan(equals + 1))}.";
        for (var at = result.CommandResult; at is not null; at = at.Parent as CommandResult)
        {
            foreach (var child in at.Children)
            {
                var place = child.Tokens.Select(static token => token.Value).ToList().IndexOf(arg);
                if (place >= 0 && child is OptionResult option)
                    return $"{option.Option.Name}: {fault}.";
                if (place >= 0 && child is ArgumentResult argument)
                    return $"{argument.Argument.Name}, word {place + 1}: {fault}.";
            }
        }

        return $"'{arg}': {fault}.";
    }

    // Returns the parts of a file in /proc that end with a zero byte; none if the system has no such file.
    private static List<byte[]> Parts(string file)
    {
        var parts = new List<byte[]>();
        try
        {
            var rest = File.ReadAllBytes(file).AsSpan();
            for (var end = rest.IndexOf((byte)0); end >= 0; end = rest.IndexOf((byte)0))
            {
                parts.Add(rest[..end].ToArray());
                rest = rest[(end + 1)..];
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing is known of the bytes.
        }

        return parts;
    }
}
