using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Workflows;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// Adds the inputs of a workflow node's command to its start: the results of the nodes in its <c>after</c>, and the
/// workflow's run.
/// </summary>
internal static class NodeInputs
{
    /// <summary>The maximum size of the inputs file, in bytes.</summary>
    internal const int MostBytes = 1 << 20;

    private const string RunVariable = "WORKFLOW_RUN";
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns whether a command may be a workflow node's. Only the store knows for certain.</summary>
    internal static bool MayHave(Start start) => start.Env.ContainsKey(NodeSpecText.IdVariable);

    /// <summary>
    /// Adds the inputs. If they are too large, returns the result with which the attempt ends instead; otherwise null.
    /// </summary>
    internal static AttemptResult? Add(Start start, StoredInputs inputs)
    {
        start.Env[RunVariable] = inputs.Run.ToString(CultureInfo.InvariantCulture);
        if (inputs.After.IsDefault || Write(inputs.After) is not { Length: <= MostBytes } text)
        {
            return new AttemptResult(NodeMessages.ToLeaseRef(start.Lease), EndReason.BadResult, null, null, 0, 0, 0,
                AttemptOutput.Empty with
                {
                    Tail = Encoding.UTF8.GetBytes(
                        $"The results of the nodes in 'after' exceed {MostBytes} bytes in total. "
                        + "Make them smaller."),
                });
        }

        start.Inputs = UnsafeByteOperations.UnsafeWrap(text);
        return null;
    }

    private static byte[] Write(ImmutableArray<NodeResult> results)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Writing))
        {
            json.WriteStartObject();
            foreach (var (node, value) in results)
            {
                json.WritePropertyName(node);
                if (value.IsEmpty)
                    json.WriteNullValue();
                else
                    json.WriteRawValue(value.Span, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
