using System.Globalization;

namespace OrleansTasks.System.Tests.Running;

/// <summary>
/// A wall clock for processes that a test starts, which the test sets while they run (libfaketime). Their other clocks are the
/// machine's, as if an operator had set the time.
/// </summary>
/// <param name="folder">Where the file is that says how far this clock is from the machine's.</param>
internal sealed class FakeClock(string folder)
{
    private const string Library = "libfaketimeMT.so.1";

    // The library looks at its file once a second.
    private static readonly TimeSpan Seen = TimeSpan.FromMinutes(1);

    // The Date header has whole seconds, and answers take time on a busy machine.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(15);

    private readonly string file = Path.Combine(folder, "clock");

    /// <summary>How far the clock is from the machine's.</summary>
    public TimeSpan Lead { get; private set; }

    /// <summary>The time by this clock.</summary>
    public DateTimeOffset Now => TimeProvider.System.GetUtcNow() + Lead;

    /// <summary>What makes a process use this clock.</summary>
    public (string Name, string Value)[] Environment =>
    [
        ("LD_PRELOAD", new[] { "/usr/lib", "/usr/lib64" }.Where(Directory.Exists).SelectMany(static root => Directory.EnumerateFiles(
            root, Library, new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2, IgnoreInaccessible = true })).First()),
        ("FAKETIME_TIMESTAMP_FILE", file), ("FAKETIME_CACHE_DURATION", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("DONT_FAKE_MONOTONIC", "1"),
        // Else each wait of the runtime ends at once.
        ("FAKETIME_FORCE_MONOTONIC_FIX", "0"),
    ];

    /// <summary>Sets the clock, for processes that start from now on and, within seconds, for those that run.</summary>
    public void Set(TimeSpan lead)
    {
        // Replaced as a whole, because a process may read it at any moment.
        File.WriteAllText(file + ".new", lead.TotalSeconds.ToString("+0;-0", CultureInfo.InvariantCulture));
        File.Move(file + ".new", file, overwrite: true);
        Lead = lead;
    }

    /// <summary>Sets the clock, and returns once a gateway or silo shows that time.</summary>
    /// <param name="lead">How far it is from the machine's.</param>
    /// <param name="probed">Where the process answers probes.</param>
    public async Task Set(TimeSpan lead, Uri probed)
    {
        Set(lead);
        using var http = new HttpClient();
        await Until.Holds($"the clock is {lead} off", Seen, async () =>
        {
            using var answer = await http.GetAsync(new Uri(probed, "/livez"));
            return (answer.Headers.Date!.Value - Now).Duration() < Margin;
        });
    }
}
