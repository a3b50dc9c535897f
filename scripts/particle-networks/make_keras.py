"""Small attention and graph networks of Keras 2 or 3, with inputs and outputs.

usage: make_keras.py FOLDER 2|3   (Keras 2.15 of TensorFlow, Keras 3.15 on PyTorch; the tests keep the first 24 events)
"""
import sys, os, json
os.environ.setdefault('KERAS_BACKEND','torch')
import numpy as np, keras
from keras import layers as L, Model, Input
out,tag=sys.argv[1:3]; rng=np.random.default_rng(2); keras.utils.set_random_seed(3)
def attention():
    x=Input((6,3),name='x'); y=L.Dense(8)(x); a=L.MultiHeadAttention(2,4,name='mha')(y,y); y=L.LayerNormalization(name='ln')(L.Add()([y,a])); y=L.Dense(16,activation='gelu')(y); y=L.GlobalAveragePooling1D()(y); return Model(x,L.Dense(5,activation='softmax')(y))
def cross():
    x=Input((6,3),name='x'); z=Input((4,2),name='z'); a=L.MultiHeadAttention(2,4,value_dim=3,output_shape=5,use_bias=False)(x,z); return Model([x,z],L.Flatten()(a))
def dots():
    x=Input((5,4),name='x'); q=L.Dense(4)(x); k=L.Dense(4)(x); s=L.Softmax(axis=1)(L.Dot(axes=2)([q,k])); c=L.Dot(axes=(2,1))([s,x]); c=L.Multiply()([c,x]); p=L.Softmax(axis=1)(L.Dense(1)(x)); return Model(x,L.Flatten()(L.Multiply()([c,p])))
def mixer():
    x=Input((8,4),name='x'); y=L.LayerNormalization()(x); y=L.EinsumDense('bnc,nm->bmc',output_shape=(8,4),bias_axes='m',activation='relu')(y); x2=L.Add()([x,y]); y=L.EinsumDense('...c,cd->...d',output_shape=6,bias_axes='d',activation='silu')(x2); y=L.Dense(4)(y); x3=L.Add()([x2,y]); return Model(x,L.Dense(3)(L.GlobalAveragePooling1D()(x3)))
def embedding():
    c=Input((5,),name='c'); x=Input((5,2),name='x'); e=L.Embedding(7,3)(c); y=L.Concatenate()([e,x]); y=L.Dense(6,activation='tanh')(y); return Model([c,x],L.GlobalAveragePooling1D()(y))
def masked():
    x=Input((6,3),name='x'); y=L.Masking()(x); y=L.Dense(4,activation='relu')(y); return Model(x,L.GlobalAveragePooling1D()(y))
def transposed():
    x=Input((4,3),name='x'); y=L.Conv1DTranspose(4,3,strides=2,padding='same',activation='relu')(x); y=L.Conv1DTranspose(2,2,strides=3)(y); return Model(x,L.Flatten()(y))
def transposed2():
    x=Input((3,3,2),name='x'); y=L.Conv2DTranspose(3,(3,2),strides=2,padding='same',activation='relu')(x); return Model(x,L.Conv2DTranspose(1,3,use_bias=False)(y))
def branches():
    a=Input((5,3),name='a'); b=Input((3,4),name='b'); y=L.Concatenate(axis=1)([L.Dense(6,activation='relu')(a),L.Dense(6,activation='relu')(b)]); y=L.Dense(4,activation='relu')(y); return Model([a,b],L.Dense(2)(L.GlobalMaxPooling1D()(y)))
for name,f in dict(attention=attention,cross=cross,dots=dots,mixer=mixer,embedding=embedding,masked=masked,transposed=transposed,transposed2=transposed2,branches=branches).items():
    m=f(); n=48
    m.set_weights([w+rng.normal(0,.1,w.shape) for w in m.get_weights()])
    xs=[rng.integers(0,7,(n,)+i.shape[1:]).astype('float32') if i.name.split(':')[0]=='c' else rng.normal(0,1,(n,)+tuple(i.shape[1:])).astype('float32') for i in m.inputs]
    if name=='masked':
        for i in range(n): xs[0][i,rng.integers(1,7):]=0
    y=np.asarray(m.predict(xs,verbose=0)); p=f'{out}/k{tag}_{name}'
    np.save(p+'_x.npy',np.concatenate([x.reshape(n,-1) for x in xs],1)); np.save(p+'_y.npy',y.reshape(n,-1))
    if tag=='3': m.save(p+'.keras'); m.save(p+'.h5')
    else: m.save(p+'.h5'); open(p+'.json','w').write(m.to_json()); m.save_weights(p+'_weights.h5')
