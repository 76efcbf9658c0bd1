using System.Text;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Definitions;

/// <summary>
/// The choices that the definition of a task gives to parameters of others: the lines that its latest successful task
/// printed. A definition has none until it has printed some.
/// </summary>
/// <param name="Definition">The definition whose task printed them.</param>
public sealed record PrintedChoices(string Definition)
{
    // Names in a fault; an answer shows all.
    private const int Named = 10;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The choices, each once, in the order in which they were printed.</summary>
    public ImmutableArray<string> Values { get; private init; } = [];

    /// <summary>Whether more was printed than is read, or than there may be choices.</summary>
    public bool IsCut { get; private init; }

    /// <summary>
    /// The number of lines that are no choices: they are too long, not UTF-8, or have a NUL character.
    /// </summary>
    public int LeftOut { get; private init; }

    /// <summary>The task that printed them; null if none has succeeded.</summary>
    public TaskId? Task { get; private init; }

    /// <summary>When that task ended, in Unix milliseconds; null if none has succeeded.</summary>
    public long? At { get; private init; }

    /// <summary>Why there are no choices, and what to do; null if there are some.</summary>
    public string? Fault { get; private init; }

    /// <summary>Returns the choices of a task that has succeeded.</summary>
    /// <param name="definition">The definition that started it.</param>
    /// <param name="task">The task.</param>
    /// <param name="at">When it ended, in Unix milliseconds.</param>
    /// <param name="stdout">The start of what it printed: at most <see cref="ServiceLimits.ChoiceOutputBytes"/>.</param>
    /// <param name="isWhole">Whether that is all.</param>
    public static PrintedChoices Of(string definition, TaskId task, long? at, ReadOnlySpan<byte> stdout, bool isWhole)
    {
        var values = ImmutableArray.CreateBuilder<string>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        var (leftOut, isCut) = (0, !isWhole);
        while (!stdout.IsEmpty)
        {
            var end = stdout.IndexOf((byte)'\n');
            // The last line of a part may go on.
            if (end < 0 && !isWhole)
                break;
            var line = end < 0 ? stdout : stdout[..end];
            stdout = end < 0 ? default : stdout[(end + 1)..];
            if (line is [.. var start, (byte)'\r'])
                line = start;
            if (line.IsEmpty)
                continue;
            if (TextOf(line) is not { } text)
                leftOut++;
            else if (values.Count < ServiceLimits.Choices)
            {
                if (known.Add(text))
                    values.Add(text);
            }
            else if (!known.Contains(text))
            {
                isCut = true;
                break;
            }
        }

        return new PrintedChoices(definition)
        {
            Values = values.DrainToImmutable(), IsCut = isCut, LeftOut = leftOut, Task = task, At = at,
            Fault = known.Count > 0 ? null
                : $"has no choices: the latest successful task of the definition '{definition}' printed no line that can be one",
        };
    }

    /// <summary>Returns that retention has removed what a task printed.</summary>
    public static PrintedChoices Gone(string definition, TaskId task, long? at) => new(definition)
    {
        Task = task, At = at,
        Fault = $"has no choices: the output of the latest successful task of the definition '{definition}' is gone; run it again",
    };

    /// <summary>Returns that no task of a definition has succeeded yet.</summary>
    public static PrintedChoices NotRun(string definition) => new(definition)
    {
        Fault = $"has no choices yet: run the definition '{definition}' first, which prints them",
    };

    /// <summary>Returns that a definition does not exist.</summary>
    public static PrintedChoices NotStored(string definition) => new(definition)
    {
        Fault = $"has no choices: the definition '{definition}', which prints them, is not stored",
    };

    /// <summary>Returns that a definition starts something else than a task.</summary>
    public static PrintedChoices NotATask(string definition) => new(definition)
    {
        Fault = $"has no choices: the definition '{definition}' starts no task that could print them",
    };

    /// <summary>Returns that a workflow takes choices from too many definitions.</summary>
    public static PrintedChoices NotRead(string definition) => new(definition)
    {
        Fault = $"has no choices: the definitions of a workflow take theirs from at most {ServiceLimits.ChoiceSources} others together",
    };

    /// <summary>Returns what is wrong with a value; null if it is one of the choices.</summary>
    public string? FaultOf(string value) =>
        Fault ?? (Values.Contains(value) ? null
            : $"must be one of {StrictReader.Quote(string.Join(", ", Values.Take(Named)))}{(Values.Length > Named ? ", …" : "")}, "
                + $"which the definition '{Definition}' printed last");

    private static string? TextOf(ReadOnlySpan<byte> line)
    {
        if (line.Length > ServiceLimits.ChoiceBytes || line.Contains((byte)0))
            return null;
        try
        {
            return Strict.GetString(line);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
