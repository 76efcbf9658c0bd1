namespace OrleansTasks.Worker.Processes.Users;

/// <summary>
/// Gives each command its own user number from a range, and takes the number back when nothing of the command is left.
/// Numbers that came back are reused in the order of their return.
/// </summary>
/// <remarks>
/// <code>
/// free ──taken──► held ──given back──► free          nothing of the command is left
///  ▲ │             └─────given back──► set aside     a process or the working folder is left
///  │ └──taken while a process has it──► set aside
///  └──────────────────────────────────────┘          nothing is left any more; checked when no number is free
/// </code>
/// </remarks>
/// <param name="range">The numbers.</param>
/// <param name="hasProcess">Whether a process has a number as its real user.</param>
/// <param name="foundTaken">Called with a free number that turned out to be in use by a process.</param>
internal sealed class TaskUsers(UserRange range, Func<uint, bool> hasProcess, Action<uint>? foundTaken = null)
{
    private readonly Lock gate = new();
    private readonly Queue<uint> free = new(Enumerable.Range(1, range.TaskNumbers).Select(place => range.First + (uint)place));
    private readonly HashSet<uint> held = [];
    private readonly Dictionary<uint, string?> aside = [];

    /// <summary>A human-readable description of the numbers that are not free.</summary>
    internal string Shortage
    {
        get
        {
            lock (gate) return $"commands hold {held.Count}, and {aside.Count} are set aside";
        }
    }

    /// <summary>Returns a user that no other command has; null if no number is free.</summary>
    internal RunAsUser? TryTake()
    {
        lock (gate)
        {
            if (TryTakeFree() is { } user) return user;
            PutBackWhatIsFree();
            return TryTakeFree();
        }
    }

    /// <summary>
    /// Returns the user of a command that an earlier program of this process has started; null if its number is not of
    /// this range.
    /// </summary>
    internal RunAsUser? TryAdopt(uint number)
    {
        if (number <= range.First || number > range.Last) return null;
        lock (gate)
        {
            for (var left = free.Count; left > 0; left--)
                if (free.Dequeue() is var one && one != number) free.Enqueue(one);
            held.Add(number);
            return range.OfTask(number);
        }
    }

    /// <summary>Takes back the number of a command that has ended.</summary>
    /// <param name="number">The number.</param>
    /// <param name="folder">The working folder that could not be removed; null if none is left.</param>
    /// <returns>Why the number is set aside; null if it is free.</returns>
    internal string? GiveBack(uint number, string? folder)
    {
        lock (gate)
        {
            if (!held.Remove(number)) return null;
            if (folder is null && !hasProcess(number))
            {
                free.Enqueue(number);
                return null;
            }
            aside[number] = folder;
            return folder is null ? "a process still runs as it" : $"the folder {folder} could not be removed";
        }
    }

    /// <summary>Sets aside the number that owns a folder of an earlier run. Called at the start.</summary>
    internal void SetAside(uint number, string folder)
    {
        lock (gate)
        {
            for (var left = free.Count; left > 0; left--)
                if (free.Dequeue() is var one && one == number) aside[number] = folder;
                else free.Enqueue(one);
        }
    }

    private RunAsUser? TryTakeFree()
    {
        while (free.TryDequeue(out var number))
        {
            // It belongs to another program's process, or to one that an earlier run left behind.
            if (hasProcess(number))
            {
                aside[number] = null;
                foundTaken?.Invoke(number);
                continue;
            }
            held.Add(number);
            return range.OfTask(number);
        }
        return null;
    }

    private void PutBackWhatIsFree()
    {
        foreach (var (number, folder) in aside)
        {
            if (Path.Exists(folder) || hasProcess(number)) continue;
            aside.Remove(number);
            free.Enqueue(number);
        }
    }
}
