using System.Globalization;
using OrleansTasks.Simulation.Engine;

namespace OrleansTasks.Simulation;

/// <summary>The steps of a run as text: the last ones, and all of them in a file if one is given.</summary>
internal sealed class StepLog(TextWriter? file)
{
    private const int Kept = 40;
    private readonly Queue<string> _last = new(Kept);

    /// <summary>The last lines, oldest first.</summary>
    internal string[] Last => [.. _last];

    /// <summary>Gets the hash after each step, through the number of the step.</summary>
    internal Action<long, string>? Stepped { get; set; }

    internal void Step(long number, long ticks, object owner, object? item)
    {
        var line = Line(TimeSpan.FromTicks(ticks), $"{StepText.NameOf(owner)}  {What(item)}");
        Add(line);
        Stepped?.Invoke(number, line);
    }

    internal void Note(TimeSpan time, string text) => Add(Line(time, $"-- {FirstLine(text)}"));

    private static string What(object? item) => item switch
    {
        Call => StepText.Of(item),
        Task => "continues",
        GrainTimer => "timer ticks",
        StreamDelivery => "takes a stream item",
        _ => item?.GetType().Name switch
        {
            "Promise`1" => "gets an answer",
            "ProcessTimer" => "timer is due",
            "Activating" => "is activated",
            "Deactivating" => "is deactivated",
            "CodeTurn" => "begins",
            var other => other ?? "nothing",
        },
    };

    private static string FirstLine(string text) => text.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var end ? $"{text[..end]} …" : text;

    private static string Line(TimeSpan time, string text) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds,12:0.000000} s  {text}");

    private void Add(string line)
    {
        file?.WriteLine(line);
        if (_last.Count == Kept) _last.Dequeue();
        _last.Enqueue(line);
    }
}
