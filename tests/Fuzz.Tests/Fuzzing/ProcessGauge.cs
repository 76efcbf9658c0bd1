using System.Globalization;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>What a process holds at a moment.</summary>
/// <param name="Descriptors">Its open descriptors.</param>
/// <param name="ResidentMiB">Its resident memory.</param>
/// <param name="Processor">The processor time that it has used.</param>
internal sealed record ProcessGauge(int Descriptors, long ResidentMiB, TimeSpan Processor)
{
    private const int TicksPerSecond = 100;
    private const int PagesPerMiB = 256;

    /// <summary>Measures a process.</summary>
    /// <exception cref="FindingException">The process is gone.</exception>
    public static ProcessGauge Of(int process)
    {
        try
        {
            var pages = File.ReadAllText($"/proc/{process}/statm").Split(' ')[1];
            // The name is in parentheses and may have spaces; utime and stime are fields 14 and 15.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return new ProcessGauge(
                Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count(),
                Number(pages) / PagesPerMiB,
                TimeSpan.FromSeconds((Number(fields[11]) + Number(fields[12])) / (double)TicksPerSecond));
        }
        catch (Exception gone) when (gone is IOException or IndexOutOfRangeException)
        {
            throw new FindingException($"The process {process} is gone.", isFatal: true);
        }
    }

    /// <summary>Fails when more than a bound has been added since an earlier moment.</summary>
    public void RequireWithin(ProcessGauge before, int moreDescriptors, long moreMiB)
    {
        if (Descriptors > before.Descriptors + moreDescriptors)
            throw new FindingException(
                $"{Descriptors} descriptors are open, {before.Descriptors} before: more than {moreDescriptors} more.");
        if (ResidentMiB > before.ResidentMiB + moreMiB)
            throw new FindingException(
                $"The process holds {ResidentMiB} MiB, {before.ResidentMiB} before: more than {moreMiB} were added.");
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
