using System.Collections.Concurrent;

namespace OrleansTasks.Engine.Tests;

/// <summary>What a test and the grains of one key tell each other, as they live in one process.</summary>
public sealed class Probe
{
    private static readonly ConcurrentDictionary<string, Probe> ByKey = new();
    private static long _last;

    private readonly ConcurrentDictionary<string, Gate> _gates = new();
    private readonly List<string> _entries = [];
    private readonly List<(int Count, string Entry, TaskCompletionSource Seen)> _waiters = [];
    private int _inside;
    private int _mostInside;

    private Probe(string key) => Key = key;

    public string Key { get; }

    /// <summary>Whether the grain should fail where the test asks it to.</summary>
    public volatile bool Fails;

    public IReadOnlyList<string> Entries
    {
        get
        {
            lock (_entries) return [.. _entries];
        }
    }

    public int MostInside => Volatile.Read(ref _mostInside);

    /// <summary>A probe for a key that no other test uses.</summary>
    public static Probe New(string name) => Of($"{name}-{Interlocked.Increment(ref _last)}");

    public static Probe Of(string key) => ByKey.GetOrAdd(key, static k => new Probe(k));

    public Gate GateOf(string name) => _gates.GetOrAdd(name, static _ => new Gate());

    public void Add(string entry)
    {
        lock (_entries)
        {
            _entries.Add(entry);
            foreach (var (count, wanted, seen) in _waiters)
            {
                if (_entries.Count(e => e == wanted) >= count) seen.TrySetResult();
            }
        }
    }

    /// <summary>Done when there are this many such entries.</summary>
    public Task SeenAsync(string entry, int count = 1)
    {
        lock (_entries)
        {
            if (_entries.Count(e => e == entry) >= count) return Task.CompletedTask;
            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((count, entry, seen));
            return seen.Task.Soon();
        }
    }

    public int Count(string entry) => Entries.Count(e => e == entry);

    public void Enter()
    {
        var inside = Interlocked.Increment(ref _inside);
        int most;
        while (inside > (most = Volatile.Read(ref _mostInside))
            && Interlocked.CompareExchange(ref _mostInside, inside, most) != most)
        {
            // Somebody else has raised it.
        }
    }

    public void Exit() => Interlocked.Decrement(ref _inside);
}
