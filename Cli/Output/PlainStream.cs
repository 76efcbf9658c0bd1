using System.Text;
using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli.Output;

/// <summary>Writes UTF-8 to a terminal as <see cref="TerminalText"/> shows it. Invalid bytes become U+FFFD.</summary>
/// <param name="terminal">The terminal, which is closed with this stream.</param>
internal sealed class PlainStream(Stream terminal) : WriteOnlyStream
{
    private readonly Decoder decoder = Encoding.UTF8.GetDecoder();

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => terminal.Write(Shown(buffer, isLast: false));

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        terminal.WriteAsync(Shown(buffer.Span, isLast: false), cancellationToken);

    /// <inheritdoc/>
    public override void Flush() => terminal.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => terminal.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // Write what is left of an incomplete character.
            terminal.Write(Shown([], isLast: true));
            terminal.Dispose();
        }

        base.Dispose(disposing);
    }

    private byte[] Shown(ReadOnlySpan<byte> bytes, bool isLast)
    {
        var characters = new char[decoder.GetCharCount(bytes, isLast)];
        decoder.GetChars(bytes, characters, isLast);
        TerminalText.ShowStream(characters);
        return Encoding.UTF8.GetBytes(characters);
    }
}
