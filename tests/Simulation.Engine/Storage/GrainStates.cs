using Orleans.Storage;

namespace OrleansTasks.Simulation.Engine;

/// <summary>The grain states of a cluster, as bytes: by provider, state name and grain.</summary>
internal sealed class GrainStates
{
    private readonly Dictionary<(string Provider, string State, GrainId Grain), Row> _rows = [];
    private long _version;

    /// <summary>Told of every write that took effect.</summary>
    internal Action<string>? Written { get; set; }

    internal Row? Find(string provider, string state, GrainId grain) => _rows.GetValueOrDefault((provider, state, grain));

    /// <summary>The row of a grain in whichever provider has it; the first one by name.</summary>
    internal Row? FindAnywhere(string state, GrainId grain) => _rows
        .Where(row => row.Key.State == state && row.Key.Grain == grain)
        .OrderBy(static row => row.Key.Provider, StringComparer.Ordinal).Select(static row => row.Value).FirstOrDefault();

    /// <summary>Replaces a row, or deletes it.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="state">The state's name.</param>
    /// <param name="grain">The grain.</param>
    /// <param name="expected">The ETag that the writer knows; null when it knows no row.</param>
    /// <param name="content">The new state; null deletes the row.</param>
    /// <param name="serializer">Reads the content.</param>
    /// <returns>The new ETag; null when the row is gone.</returns>
    /// <exception cref="InconsistentStateException">The row has another ETag.</exception>
    internal string? Replace(
        string provider, string state, GrainId grain, string? expected, BinaryData? content, IGrainStorageSerializer serializer)
    {
        var key = (provider, state, grain);
        var stored = _rows.GetValueOrDefault(key)?.ETag;
        if (stored != expected)
        {
            Written?.Invoke($"conflict of {state} of {grain}: the store has ETag {stored ?? "none"}, the grain {expected ?? "none"}");
            throw new InconsistentStateException(
                $"The ETag of state '{state}' of {grain} is {stored ?? "none"}, and not {expected ?? "none"}.", stored, expected);
        }

        Written?.Invoke($"{(content is null ? "deleted" : "stored")} {state} of {grain}");
        if (content is null)
        {
            _rows.Remove(key);
            return null;
        }

        var etag = FormattableString.Invariant($"{++_version}");
        _rows[key] = new Row(etag, content, serializer);
        return etag;
    }

    /// <summary>A stored state.</summary>
    internal sealed record Row(string ETag, BinaryData Content, IGrainStorageSerializer Serializer);
}
