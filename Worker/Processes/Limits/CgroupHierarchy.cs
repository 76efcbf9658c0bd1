using System.Globalization;

namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>One hierarchy of control groups in which a group for each attempt can be made.</summary>
internal sealed class CgroupHierarchy
{
    private const string Prefix = "orleanstasks-";
    private static readonly string[] Controllers = ["memory", "pids", "cpuacct"];
    private static long last;
    private readonly string root;

    private CgroupHierarchy(string root, bool isUnified) => (this.root, IsUnified) = (root, isUnified);

    /// <summary>Whether it is version 2.</summary>
    internal bool IsUnified { get; }

    /// <summary>
    /// Makes this process's part of the hierarchy; null when it may not. Parts that dead processes left are removed.
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
    /// Whether a version 2 controller can limit the attempts' groups. It can when it is handed down to this process's
    /// own group, and that may hand it on: as the system's root, or one that was handed to this service.
    /// </summary>
    internal bool TryEnable(string controller)
    {
        var own = Path.GetDirectoryName(root)!;
        return (TryHandOn(own, controller) || (Has(own, controller) && CgroupDelegation.TryMoveProcesses(own) && TryHandOn(own, controller)))
            && TryHandOn(root, controller);
    }

    /// <summary>Whether a group here takes a limit, tried with one that limits nothing to speak of.</summary>
    internal bool Takes(string file)
    {
        var group = Path.Combine(root, "probe");
        try
        {
            Directory.CreateDirectory(group);
            return TryWrite(Path.Combine(group, file), "1073741824") || TryWrite(Path.Combine(group, file), "1000000");
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

    /// <summary>Makes a group.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    internal string Make(string name)
    {
        var group = Path.Combine(root, name);
        Directory.CreateDirectory(group);
        return group;
    }

    /// <summary>Removes this process's part.</summary>
    internal void Remove() => RemoveTree(root);

    /// <summary>Writes a setting; false when the kernel refuses it.</summary>
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

    /// <summary>Removes the parts of a dead process that shared this one's groups, wherever it made them.</summary>
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
            // The next start there removes them.
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

    // Only folders can be removed in a control group file system; the files in them go by themselves.
    private static void RemoveTree(string folder)
    {
        try
        {
            foreach (var inner in Directory.EnumerateDirectories(folder)) RemoveTree(inner);
            _ = Interop.Libc.rmdir(folder);
        }
        catch (IOException)
        {
            // Gone, or still in use: the next start tries again.
        }
    }
}
