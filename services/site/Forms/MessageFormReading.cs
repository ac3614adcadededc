using System.Collections;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Fabrique.Site.Forms;

/// <summary>Between what was typed and the message, by the descriptor of the contract: a new field needs no code here.</summary>
public sealed partial class MessageForm
{
    /// <summary>The form that shows a message.</summary>
    public static MessageForm Of(IMessage message, FormFields fields)
    {
        var form = new MessageForm(fields);
        form.Write(message, "");
        return form;
    }

    /// <summary>
    /// Reads the message. A value that cannot be read leaves an error at its path. Rows without any word are dropped first.
    /// </summary>
    public T Read<T>()
        where T : IMessage<T>, new()
    {
        var message = new T();
        DropBlankRows(message.Descriptor, "");
        Read(message, "");
        return message;
    }

    private void DropBlankRows(MessageDescriptor type, string at)
    {
        foreach (var field in type.Fields.InDeclarationOrder().Where(field => field is { IsRepeated: true, FieldType: FieldType.Message }))
        {
            var path = at + field.JsonName;
            for (var row = Rows(path) - 1; row >= 0; row--)
            {
                if (_values.Where(value => RowOf(value.Key, path) == row).All(value => !Words(value.Value).Any()))
                {
                    RemoveRow(path, row);
                }
                else
                {
                    DropBlankRows(field.MessageType, $"{path}[{row}].");
                }
            }
        }
    }

    private void Read(IMessage message, string at)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var path = at + field.JsonName;
            if (field.IsRepeated)
            {
                ReadList((IList)field.Accessor.GetValue(message), field, path);
            }
            else if (field.FieldType == FieldType.Message)
            {
                if (_values.Any(value => value.Key.StartsWith(path + ".", StringComparison.Ordinal) && Words(value.Value).Any()))
                {
                    var part = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                    Read(part, path + ".");
                    field.Accessor.SetValue(message, part);
                }
            }
            else if (Words(Values(path)).FirstOrDefault() is { } typed && ReadOne(field, path, typed) is { } value)
            {
                field.Accessor.SetValue(message, value);
            }
        }
    }

    private void ReadList(IList list, FieldDescriptor field, string path)
    {
        if (field.FieldType == FieldType.Message)
        {
            for (var row = 0; row < Rows(path); row++)
            {
                var part = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                Read(part, $"{path}[{row}].");
                list.Add(part);
            }

            return;
        }

        foreach (var typed in Words(Values(path)))
        {
            if (ReadOne(field, path, typed) is { } value)
            {
                list.Add(value);
            }
        }
    }

    private object? ReadOne(FieldDescriptor field, string path, string typed)
    {
        switch (field.FieldType)
        {
            case FieldType.String:
                return typed;
            case FieldType.Bool:
                return typed == "true";
            case FieldType.Int32
                when int.TryParse(TypedNumber.Plain(typed), NumberStyles.None, CultureInfo.InvariantCulture, out var whole):
                return whole;
            case FieldType.Double
                when double.TryParse(
                    TypedNumber.Plain(WithoutUnit(path, typed)),
                    NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                    CultureInfo.InvariantCulture,
                    out var number
                ) && double.IsFinite(number):
                return number;
            case FieldType.Int64
                when long.TryParse(TypedNumber.Plain(typed), NumberStyles.None, CultureInfo.InvariantCulture, out var version):
                return version;
            // By its name in the contract, as in JSON.
            case FieldType.Enum:
                return field.EnumType.FindValueByName(typed)?.Number;
            case FieldType.Int32 or FieldType.Int64 or FieldType.Double:
                Refuse(path, T["Écrivez un nombre en chiffres, par exemple 12 ou 1 250,5."]);
                return null;
            default:
                return null;
        }
    }

    // "82,1 %" as pages show a quantity with its unit: the sign stands where units are written, or is written there.
    private string WithoutUnit(string path, string typed)
    {
        var row = path[..(path.LastIndexOf('.') + 1)];
        if (!typed.EndsWith('%'))
        {
            return typed;
        }
        if (Fields.Find($"{row}unit") is not null && Value($"{row}unit").Length == 0)
        {
            Set($"{row}unit", "%");
        }
        // A value of an indicator has the unit of the indicator.
        var around = row[..(row.TrimEnd('.').LastIndexOf('.') + 1)];
        return new[] { row, around }.Any(at => Value($"{at}unit").StartsWith('%')) ? typed[..^1] : typed;
    }

    private void Write(IMessage message, string at)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => field.FieldType != FieldType.Enum))
        {
            var path = at + field.JsonName;
            var value = field.Accessor.GetValue(message);
            switch (value)
            {
                case IList list when field.FieldType == FieldType.Message:
                    for (var row = 0; row < list.Count; row++)
                    {
                        Write((IMessage)list[row]!, $"{path}[{row}].");
                    }

                    break;
                case IList list:
                    _values[path] = [.. list.Cast<object>().Select(Typed)];
                    break;
                case IMessage part:
                    Write(part, path + ".");
                    break;
                case not null when !field.HasPresence || field.Accessor.HasValue(message):
                    _values[path] = [Typed(value)];
                    break;
            }
        }
    }

    private static string Typed(object value) =>
        value switch
        {
            bool yes => yes ? "true" : "",
            double number => number.ToString("0.##########", Language.Current.Culture),
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => Clean(value.ToString()),
        };
}
