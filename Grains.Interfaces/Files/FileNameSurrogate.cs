using OrleansTasks.Processing.Files;

namespace OrleansTasks.Files;

/// <summary>How a <see cref="FileName"/>, which knows nothing of Orleans, travels in messages.</summary>
[GenerateSerializer, Immutable, Alias("ot.FileName")]
public readonly record struct FileNameSurrogate(
    [property: Id(0)] ulong A, [property: Id(1)] ulong B, [property: Id(2)] ulong C, [property: Id(3)] ulong D);

/// <summary>Converts names for messages.</summary>
[RegisterConverter]
public sealed class FileNameConverter : IConverter<FileName, FileNameSurrogate>
{
    /// <inheritdoc/>
    public FileName ConvertFromSurrogate(in FileNameSurrogate surrogate) => new(surrogate.A, surrogate.B, surrogate.C, surrogate.D);

    /// <inheritdoc/>
    public FileNameSurrogate ConvertToSurrogate(in FileName value) => new(value.A, value.B, value.C, value.D);
}
