namespace OrleansTasks.Storage.Probe;

/// <summary>Processor time of this process by thread name, in clock ticks of 10 ms.</summary>
internal static class ThreadTimes
{
    internal static Dictionary<string, long> Read()
    {
        var times = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            try
            {
                var stat = File.ReadAllText(Path.Combine(thread, "stat"));
                var name = stat[(stat.IndexOf('(') + 1)..stat.LastIndexOf(')')];
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                times[name] = times.GetValueOrDefault(name) + long.Parse(fields[11]) + long.Parse(fields[12]);
            }
            catch (IOException)
            {
                // The thread has ended meanwhile.
            }
        }

        return times;
    }
}
