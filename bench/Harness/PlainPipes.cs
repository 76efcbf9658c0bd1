using System.Diagnostics;
using System.Globalization;

namespace OrleansTasks.Bench.Harness;

/// <summary>A program twice at the same time, each fed by <c>cat</c> through a pipe, its output read by <c>wc</c> through another.</summary>
public sealed class PlainPipes : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("orleanstasks-bench-lines-");
    private readonly int items;

    /// <summary>Writes the integers from 0 into two files of lines, a half each.</summary>
    public PlainPipes(int items)
    {
        this.items = items;
        for (var half = 0; half < 2; half++)
            File.WriteAllLines(
                PathOf(half), Enumerable.Range(items / 2 * half, items / 2).Select(static item => item.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>Seconds until both programs have answered every line of their files.</summary>
    /// <param name="program">As a shell takes it.</param>
    public double Run(string program)
    {
        var started = Stopwatch.GetTimestamp();
        var pipes = Enumerable.Range(0, 2).Select(half => $"cat {PathOf(half)} | {program} | wc -l &");
        var start = new ProcessStartInfo("/bin/sh", ["-c", string.Join(' ', pipes) + " wait"]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var answers = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Sum(static line => int.Parse(line, CultureInfo.InvariantCulture));
        process.WaitForExit();
        return answers == items
            ? Stopwatch.GetElapsedTime(started).TotalSeconds
            : throw new InvalidOperationException($"'{program}' gave {answers} answers to {items} lines.");
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Delete(recursive: true);

    private string PathOf(int half) => Path.Combine(folder.FullName, half == 0 ? "first" : "second");
}
