using System.Globalization;

namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>A hierarchy of control groups in which each attempt can have a group.</summary>
internal sealed class CgroupHierarchy
{
    private const string Prefix = "orleanstasks-";
    private static readonly string[] Controllers = ["memory", "pids", "cpuacct", "cpu", CpuSets.Controller];
    private static long last;
    private readonly string root;

    private CgroupHierarchy(string root, bool isUnified) => (this.root, IsUnified) = (root, isUnified);

    /// <summary>Whether the hierarchy is version 2.</summary>
    internal bool IsUnified { get; }

    /// <summary>
    /// Creates this process's part of the hierarchy and removes the parts of dead processes. Returns null if it may
    /// not.
    /// </summary>
    internal static CgroupHierarchy? TryOpen(string? own, bool isUnified)
    {
        if (own is null) return null;
        try
        {
            foreach (var left in Directory.EnumerateDirectories(own, Prefix + "*")) RemoveIfDead(left);
            var root = Path.Combine(own, string.Create(
                CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref last)}"));
            Directory.CreateDirectory(root);
            return new(root, isUnified);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Enables a version 2 controller for the attempts' groups. Returns false if that is not possible: this process's
    /// own group must have the controller and be able to pass it on, as the system's root or a delegated group.
    /// </summary>
    internal bool TryEnable(string controller)
    {
        var own = Path.GetDirectoryName(root)!;
        return (TryHandOn(own, controller) || (Has(own, controller) && CgroupDelegation.TryMoveProcesses(own) && TryHandOn(own, controller)))
            && TryHandOn(root, controller);
    }

    /// <summary>Whether a group here accepts a limit. Tries one that is too high to matter.</summary>
    internal bool Takes(string file) => Takes(file, "1073741824", "1000000");

    /// <summary>Whether a group here accepts one of several values.</summary>
    internal bool Takes(string file, params string[] values)
    {
        var group = Path.Combine(root, "probe");
        try
        {
            Directory.CreateDirectory(group);
            return values.Any(value => TryWrite(Path.Combine(group, file), value));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            _ = Interop.Libc.rmdir(group);
        }
    }

    /// <summary>Creates a group.</summary>
    /// <exception cref="IOException">The group cannot be created.</exception>
    internal string Make(string name)
    {
        var group = Path.Combine(root, name);
        Directory.CreateDirectory(group);
        return group;
    }

    /// <summary>Sets a value for all groups of this process together. Returns false if the kernel refuses it.</summary>
    internal bool TrySet(string file, string value) => TryWrite(Path.Combine(root, file), value);

    /// <summary>
    /// Sets a value for all groups of this process together to that of the group above. Returns false if that fails.
    /// </summary>
    internal bool TryInherit(string file)
    {
        try
        {
            return TrySet(file, File.ReadAllText(Path.Combine(Path.GetDirectoryName(root)!, file)));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Removes this process's part of the hierarchy.</summary>
    internal void Remove() => RemoveTree(root);

    /// <summary>Writes a setting. Returns false if the kernel refuses it.</summary>
    internal static bool TryWrite(string file, string value)
    {
        try
        {
            File.WriteAllText(file, value);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Removes the parts of a dead process that had the same groups as this one.</summary>
    internal static void RemoveLeftBy(int pid)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{pid}-*");
        try
        {
            string?[] own = [CgroupMounts.OwnUnified(), .. Controllers.Select(CgroupMounts.Own)];
            foreach (var folder in own.Distinct())
                foreach (var left in folder is null ? [] : Directory.EnumerateDirectories(folder, name))
                    RemoveTree(left);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The next worker that starts there removes them.
        }
    }

    private static bool TryHandOn(string group, string controller) =>
        TryWrite(Path.Combine(group, "cgroup.subtree_control"), "+" + controller);

    private static bool Has(string group, string controller) =>
        Path.Combine(group, "cgroup.controllers") is var file && File.Exists(file) && File.ReadAllText(file).Split().Contains(controller);

    private static void RemoveIfDead(string left)
    {
        var pid = Path.GetFileName(left)[Prefix.Length..].Split('-')[0];
        if (!Directory.Exists($"/proc/{pid}")) RemoveTree(left);
    }

    /// <summary>
    /// Removes a group with those inside it, as far as they are empty. Only folders can be removed there; their files
    /// disappear with them.
    /// </summary>
    internal static void RemoveTree(string folder)
    {
        try
        {
            foreach (var inner in Directory.EnumerateDirectories(folder)) RemoveTree(inner);
            _ = Interop.Libc.rmdir(folder);
        }
        catch (IOException)
        {
            // The folder is gone or still in use; the next start tries again.
        }
    }
}
